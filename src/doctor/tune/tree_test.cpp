#include "doctor/tune/tree.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "tests/support/temp_tree.h"

namespace spillway::doctor {
namespace {

namespace fs = std::filesystem;

class TreeTest : public testing::Test {
 protected:
  support::TempTree files_;
  Tree tree_ = *Tree::open(files_.path());
};

TEST_F(TreeTest, MakesAFileOnceAndNeverOverAnother) {
  ASSERT_TRUE(tree_.create("/a.conf", "text\n"));
  EXPECT_EQ(files_.read("a.conf"), "text\n");
  struct stat info {};
  ASSERT_EQ(::stat((files_ / "a.conf").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0644U);
  const auto again = tree_.create("/a.conf", "other");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::refused);
  EXPECT_EQ(files_.read("a.conf"), "text\n");
  EXPECT_EQ(tree_.list("/")->size(), 1U);  // and nothing lies beside it
}

TEST_F(TreeTest, NeverLeavesTheRootThroughALink) {
  const support::TempTree outside;
  outside.write("victim", "old");
  fs::create_directory_symlink(outside.path(), files_ / "etc");
  fs::create_symlink(outside / "victim", files_ / "link");
  for (const Status& status :
       {tree_.create("/etc/x", "new"), tree_.remove("/etc/victim"), tree_.make_folder("/etc/d"),
        tree_.set_value("/link", "1"), tree_.remove_all("/etc/victim"),
        tree_.create("/a/../x", "new"), tree_.remove("/.."), tree_.may_write("/etc/x")}) {
    ASSERT_FALSE(status);
  }
  EXPECT_EQ(tree_.read("/link").error().code, Errc::refused);
  EXPECT_EQ(tree_.create("/etc/x", "").error().code, Errc::refused);
  ASSERT_TRUE(tree_.remove_all("/link"));  // the link itself
  EXPECT_EQ(outside.read("victim"), "old");
  EXPECT_EQ(fs::exists(outside / "x"), false);
}

TEST_F(TreeTest, ReadsOnlyPlainFiles) {
  files_.write("file", "text");
  ::mkfifo((files_ / "fifo").c_str(), 0600);
  EXPECT_EQ(*tree_.read("/file"), "text");
  EXPECT_EQ(*tree_.read("/none/at/all"), std::nullopt);
  EXPECT_EQ(tree_.read("/fifo").error().code, Errc::refused);
  EXPECT_EQ(tree_.read("/").error().code, Errc::refused);
}

TEST_F(TreeTest, RemovesOnlyEmptyFolders) {
  ASSERT_TRUE(tree_.make_folder("/d"));
  ASSERT_TRUE(tree_.make_folder("/d"));
  files_.write("d/file", "");
  ASSERT_TRUE(tree_.remove_folder("/d"));
  EXPECT_TRUE(tree_.exists("/d"));
  ASSERT_TRUE(tree_.remove("/d/file"));
  ASSERT_TRUE(tree_.remove_folder("/d"));
  EXPECT_FALSE(tree_.exists("/d"));
}

TEST_F(TreeTest, SaysWhenAKernelsFileDidNotTakeAValue) {
  files_.write("value", "60\n");
  EXPECT_TRUE(tree_.set_value("/value", "10"));
  EXPECT_EQ(files_.read("value"), "10\n");
  EXPECT_FALSE(tree_.set_value("/none", "10"));
  EXPECT_EQ(tree_.set_value("/dev", "10").error().code, Errc::not_found);
}

TEST_F(TreeTest, IsHeldByOneAtATime) {
  auto first = tree_.lock();
  ASSERT_TRUE(first);
  std::atomic<bool> got = false;
  std::thread second([&] {
    const auto held = Tree::open(files_.path())->lock();
    got = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(got);
  first->reset();
  second.join();
  EXPECT_TRUE(got);
}

TEST(Tree, SaysThatThereIsNoRoot) {
  EXPECT_EQ(Tree::open("/no/such/root").error().code, Errc::not_found);
}

}  // namespace
}  // namespace spillway::doctor
