#include "port/sys_root.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/temp_tree.h"

namespace spillway {
namespace {

using support::TempTree;

TEST(SysRoot, ReadsBelowTheRootWithAndWithoutALeadingSlash) {
  const TempTree tree;
  tree.write("proc/meminfo", "MemTotal: 1 kB\n");
  const SysRoot root(tree.path());
  EXPECT_EQ(root.read("/proc/meminfo").value(), "MemTotal: 1 kB\n");
  EXPECT_EQ(root.read("proc/meminfo").value(), "MemTotal: 1 kB\n");
}

TEST(SysRoot, ReadsLargeAndEmptyFilesWhole) {
  const TempTree tree;
  const std::string large(300'000, 'x');
  tree.write("large", large);
  tree.write("empty", "");
  const SysRoot root(tree.path());
  EXPECT_EQ(root.read("large").value(), large);
  EXPECT_EQ(root.read("empty").value(), "");
}

TEST(SysRoot, RefusesAFileBeyondTheLimit) {
  const TempTree tree;
  tree.write("large", std::string(5000, 'x'));
  const auto text = SysRoot(tree.path()).read("large", 4096);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, Errc::invalid);
  EXPECT_EQ(text.error().where, tree / "large");
}

TEST(SysRoot, NamesTheMissingFile) {
  const TempTree tree;
  const auto text = SysRoot(tree.path()).read("/proc/swaps");
  ASSERT_FALSE(text);
  EXPECT_TRUE(is_absent(text.error()));
  EXPECT_EQ(text.error().where, tree / "proc/swaps");
}

TEST(SysRoot, ADirectoryIsNoFile) {
  const TempTree tree;
  tree.write("proc/x", "");
  EXPECT_FALSE(SysRoot(tree.path()).read("proc"));
}

TEST(SysRoot, DoesNotWaitForTheWriterOfAFifo) {
  const TempTree tree;
  ASSERT_EQ(mkfifo((tree / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(SysRoot(tree.path()).read("fifo").value(), "");
}

TEST(SysRoot, ListsNamesInOrder) {
  const TempTree tree;
  tree.write("d/b", "");
  tree.write("d/a", "");
  tree.write("d/c/x", "");
  const SysRoot root(tree.path());
  EXPECT_EQ(root.list("d").value(), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_FALSE(root.list("missing"));
  EXPECT_FALSE(root.list("d/a"));
}

TEST(SysRoot, ReadsLinksWithoutFollowingThem) {
  const TempTree tree;
  ASSERT_EQ(symlink("/dev/dri/renderD128", (tree / "fd").c_str()), 0);
  tree.write("file", "");
  const SysRoot root(tree.path());
  EXPECT_EQ(root.read_link("fd"), "/dev/dri/renderD128");
  EXPECT_FALSE(root.read_link("file"));
  EXPECT_EQ(root.read_link("missing").error().code, Errc::not_found);
}

TEST(SysRoot, ARootThatIsMissingFailsEveryCall) {
  const SysRoot root("/nonexistent/spillway");
  EXPECT_FALSE(root.exists("proc"));
  EXPECT_EQ(root.list("proc").error().where, "/nonexistent/spillway");
  EXPECT_TRUE(is_absent(root.read("proc/meminfo").error()));
}

TEST(SysRoot, BelowADirectoryTheNameMayBeGivenToAnother) {
  const TempTree tree;
  tree.write("proc/7/comm", "first\n");
  const SysRoot root(tree.path());
  const SysRoot process = root.below("/proc/7");
  std::filesystem::rename(tree / "proc/7", tree / "proc/gone");
  tree.write("proc/7/comm", "second\n");
  EXPECT_EQ(process.read("comm"), "first\n");
  EXPECT_TRUE(is_absent(root.below("/proc/8").read("comm").error()));
  EXPECT_TRUE(is_absent(SysRoot("/nonexistent").below("proc").read("comm").error()));
}

TEST(SysRoot, TheRealRootHasTheKernelsFiles) {
  const SysRoot root;
  EXPECT_EQ(root.where("proc/meminfo"), "/proc/meminfo");
  EXPECT_TRUE(root.exists("/proc/self"));
  EXPECT_NE(root.read("/proc/meminfo").value().find("MemTotal:"), std::string::npos);
  EXPECT_TRUE(on_kernel_fs(root.open("/proc/meminfo", O_RDONLY)->get()));
}

TEST(SysRoot, AFixtureIsNotAKernelFile) {
  const TempTree tree;
  tree.write("x", "");
  EXPECT_FALSE(on_kernel_fs(SysRoot(tree.path()).open("x", O_RDONLY)->get()));
  EXPECT_FALSE(on_kernel_fs(-1));
}

}  // namespace
}  // namespace spillway
