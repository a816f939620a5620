#include "port/text_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

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

TEST(TextFile, IsReplacedAsAWholeWithTheFoldersItNeeds) {
  const support::TempDir dir;
  ASSERT_TRUE(write_text_file(dir / "a/b/c", "old"));
  EXPECT_EQ(dir.read("a/b/c"), "old");
  struct stat before {};
  ASSERT_EQ(stat((dir / "a/b/c").c_str(), &before), 0);
  ASSERT_TRUE(write_text_file(dir / "a/b/c", "new"));
  EXPECT_EQ(dir.read("a/b/c"), "new");
  struct stat after {};
  ASSERT_EQ(stat((dir / "a/b/c").c_str(), &after), 0);
  EXPECT_EQ(after.st_mode & 0777U, 0600U);
  const std::filesystem::directory_iterator left(dir / "a/b");
  EXPECT_EQ(std::distance(begin(left), end(left)), 1);  // nothing beside it
}

TEST(TextFile, WhereNothingCanBeWrittenIsSaid) {
  const support::TempDir dir;
  dir.write("file", "x");
  EXPECT_FALSE(write_text_file(dir / "file/below", "x"));
  ASSERT_EQ(symlink((dir / "nowhere").c_str(), (dir / "link").c_str()), 0);
  EXPECT_FALSE(write_text_file(dir / "link/below", "x"));
  EXPECT_FALSE(write_text_file(dir.path(), "x"));  // a folder
}

}  // namespace
}  // namespace spillway
