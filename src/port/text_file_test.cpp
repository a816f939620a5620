#include "port/text_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/temp_dir.h"

namespace spillway {
namespace {

TEST(TextFile, IsReadWhole) {
  const support::TempDir dir;
  const std::string text(10'000, 'x');
  EXPECT_EQ(read_text_file(dir.write("a", text)), text);
  EXPECT_EQ(read_text_file("/dev/null"), "");
}

TEST(TextFile, NothingElseIsWaitedForOrReadForever) {
  const support::TempDir dir;
  ASSERT_EQ(mkfifo((dir / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(read_text_file(dir / "fifo").error().what, "not a file");
  EXPECT_EQ(read_text_file(dir.path()).error().what, "not a file");
  EXPECT_EQ(read_text_file(dir / "none").error().code, Errc::not_found);
  const std::string large = dir.write("large", std::string(3000, 'x'));
  EXPECT_EQ(read_text_file(large, 2048).error().what, "larger than 2 KiB");
  EXPECT_TRUE(read_text_file(large, 3000));
}

}  // namespace
}  // namespace spillway
