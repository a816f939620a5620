// The main job, on real memory: `spillway demo` at a quarter of its size. Where no memory cgroup can be
// made it runs on a budget, and keeps the same promises.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "end_to_end/program.h"
#include "tests/support/temp_dir.h"

namespace spillway {
namespace {

using support::How;
using support::Ran;
using support::TempDir;
using testing::ContainsRegex;
using testing::HasSubstr;

TEST(Demo, NothingIsKilledNothingIsWrongAllIsBackAndTheRecordReplays) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "what a sanitizer takes would count under the limit";
#endif
  const TempDir dir;
  const std::string record = dir / "record.jsonl";
  const std::string disk = dir / "disk";
  std::filesystem::create_directory(disk);
  const Ran demo = support::spillway({"demo", "--scale", "0.25", "--record", record},
                                     {.environment = {{"TMPDIR", disk}}});
  EXPECT_EQ(demo.code, 0) << demo.out << demo.err;
  EXPECT_THAT(demo.out, ContainsRegex("answers wrong .* 0\n"));
  EXPECT_THAT(demo.out, ContainsRegex("programs killed .* none\n"));
  EXPECT_THAT(demo.out, ContainsRegex("everything restored .* yes\n"));
  EXPECT_TRUE(std::filesystem::is_empty(disk)) << "it clears away what it set up";

  const Ran replayed = support::spillway({"replay", record});
  EXPECT_EQ(replayed.code, 0) << replayed.out << replayed.err;
  EXPECT_THAT(replayed.out, HasSubstr("the same"));
}

}  // namespace
}  // namespace spillway
