#include "run/status_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/support/temp_dir.h"

namespace spillway {
namespace {

TEST(RunStatusDocument, IsOneObjectWithNullForWhatIsNotKnown) {
  RunStatus status;
  status.state = "killed";
  status.command = "a \"command\"";
  status.exit_code = 137;
  status.signal = 9;
  const auto json = nlohmann::json::parse(run_status_document(status));
  EXPECT_EQ(json["schema"], "spillway.run/1");
  EXPECT_EQ(json["command"], "a \"command\"");
  EXPECT_EQ(json["exit_code"], 137);
  EXPECT_EQ(json["signal"], 9);
  EXPECT_TRUE(json["pid"].is_null());
  EXPECT_TRUE(json["cgroup"].is_null());
}

TEST(WriteWhole, ReplacesTheFileAndLeavesNothingElse) {
  const support::TempDir dir;
  dir.write("status", "something longer than what comes");
  ASSERT_TRUE(write_whole(dir / "status", "new\n"));
  EXPECT_EQ(dir.read("status"), "new\n");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir.path()), {}), 1);
}

TEST(WriteWhole, NamesThePathThatCannotBeWritten) {
  const support::TempDir dir;
  const auto written = write_whole(dir / "no/such/place", "x");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().where, dir / "no/such/place");
}

TEST(WriteWhole, WritesIntoADeviceInsteadOfReplacingIt) {
  ASSERT_TRUE(write_whole("/dev/null", "x"));
  struct stat there {};
  ASSERT_EQ(::stat("/dev/null", &there), 0);
  EXPECT_TRUE(S_ISCHR(there.st_mode));
}

TEST(WriteWhole, DoesNotWaitForTheReaderOfAFifo) {
  const support::TempDir dir;
  ASSERT_EQ(::mkfifo((dir / "fifo").c_str(), 0600), 0);
  EXPECT_FALSE(write_whole(dir / "fifo", "x"));
}

TEST(WriteWhole, LeavesALinkWhereItIs) {
  const support::TempDir dir;
  dir.write("target", "old");
  ASSERT_EQ(::symlink((dir / "target").c_str(), (dir / "link").c_str()), 0);
  ASSERT_TRUE(write_whole(dir / "link", "new"));
  EXPECT_EQ(dir.read("target"), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(dir / "link"));
}

}  // namespace
}  // namespace spillway
