#include "port/kept_file.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "port/cgroup_fs.h"
#include "tests/support/child.h"
#include "tests/support/temp_tree.h"

namespace spillway {
namespace {

using support::TempTree;

TEST(KeptFile, SeesChangesThroughOneDescriptor) {
  const TempTree tree;
  tree.write("f", "one\n");
  KeptFile file(SysRoot(tree.path()), "/f");
  EXPECT_EQ(file.fd(), -1);
  EXPECT_EQ(file.read().value(), "one\n");
  const int fd = file.fd();
  tree.write("f", "");
  EXPECT_EQ(file.read().value(), "");
  const std::string longer(100'000, 'y');
  tree.write("f", longer);
  EXPECT_EQ(file.read().value(), longer);
  tree.write("f", "two\n");
  EXPECT_EQ(file.read().value(), "two\n");
  EXPECT_EQ(file.fd(), fd);
}

// The kernel gives it page by page, each a little short of what was asked for.
TEST(KeptFile, ReadsWhatTheKernelMakesToTheEnd) {
  std::ifstream whole("/proc/kallsyms");
  std::string expected;
  for (std::string line; expected.size() < 20'000 && std::getline(whole, line);) {
    expected += line + "\n";
  }
  if (expected.empty()) GTEST_SKIP() << "this kernel shows no /proc/kallsyms";
  KeptFile file(SysRoot(), "/proc/kallsyms", 64 << 20);
  EXPECT_EQ(file.read().value().substr(0, expected.size()), expected);
  EXPECT_EQ(file.read().value().back(), '\n');

  for (const char* path : {"/proc/self/mountinfo", "/proc/cpuinfo", "/proc/self/limits"}) {
    std::ifstream lines(path);
    const auto count =
        std::count(std::istreambuf_iterator<char>(lines), std::istreambuf_iterator<char>(), '\n');
    KeptFile kept(SysRoot(), path);
    const auto text = kept.read().value();
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), count) << path;
  }
}

TEST(KeptFile, FollowsAFileThatWasReplacedAndShowsANewDescriptor) {
  const TempTree tree;
  tree.write("f", "old\n");
  KeptFile file(SysRoot(tree.path()), "f");
  EXPECT_EQ(file.read().value(), "old\n");
  const int fd = file.fd();
  tree.replace("f", "new\n");
  EXPECT_EQ(file.read().value(), "new\n");
  EXPECT_NE(file.fd(), fd);
}

TEST(KeptFile, SaysWhenTheFileIsGoneAndTakesItUpAgain) {
  const TempTree tree;
  KeptFile file(SysRoot(tree.path()), "d/f");
  EXPECT_TRUE(is_absent(file.read().error()));
  tree.write("d/f", "there\n");
  EXPECT_EQ(file.read().value(), "there\n");
  tree.remove("d");
  const auto gone = file.read();
  ASSERT_FALSE(gone);
  EXPECT_TRUE(is_absent(gone.error()));
  EXPECT_EQ(gone.error().where, tree / "d/f");
  tree.write("d/f", "again\n");
  EXPECT_EQ(file.read().value(), "again\n");
}

TEST(KeptFile, IsBounded) {
  const TempTree tree;
  tree.write("f", std::string(4097, 'x'));
  KeptFile file(SysRoot(tree.path()), "f", 4096);
  EXPECT_EQ(file.read().error().code, Errc::invalid);
  tree.write("f", std::string(4096, 'x'));
  EXPECT_EQ(file.read().value().size(), 4096u);
}

TEST(KeptFile, RereadsAFileOfTheKernel) {
  KeptFile file(SysRoot(), "/proc/meminfo");
  const std::string first(file.read().value());
  EXPECT_TRUE(file.by_kernel());
  EXPECT_TRUE(file.read().value().starts_with("MemTotal:"));
  EXPECT_TRUE(first.ends_with("\n"));
}

TEST(KeptFile, AnEventFileOfCgroup2WakesAPollUntilItIsReadAgain) {
  const auto cgroups = CgroupFs::locate(SysRoot()).value();
  if (!cgroups.unified()) GTEST_SKIP() << "no cgroup v2";
  const std::string group =
      cgroups.unified()->mount + "/spillway-kept-test-" + std::to_string(getpid());
  if (mkdir(group.c_str(), 0755) != 0) GTEST_SKIP() << "no writable cgroup v2";
  KeptFile events(SysRoot(), group + "/cgroup.events");
  const auto noticed = [&] {
    pollfd waiting{events.fd(), POLLPRI, 0};
    return poll(&waiting, 1, 0) == 1 && (waiting.revents & POLLPRI) != 0;
  };
  EXPECT_NE(events.read().value().find("frozen 0"), std::string_view::npos);
  EXPECT_FALSE(noticed());
  std::ofstream(group + "/cgroup.freeze") << "1" << std::flush;
  EXPECT_TRUE(support::eventually(noticed));
  EXPECT_NE(events.read().value().find("frozen 1"), std::string_view::npos);
  EXPECT_FALSE(noticed());
  rmdir(group.c_str());
  EXPECT_TRUE(is_absent(events.read().error())) << "the group is gone";
}

TEST(OptionalFile, LooksForAMissingFileOnlyEveryTenSeconds) {
  const TempTree tree;
  OptionalFile file(SysRoot(tree.path()), "f");
  const TimePoint start(1h);
  EXPECT_FALSE(file.read(start).value());
  tree.write("f", "here\n");
  EXPECT_FALSE(file.read(start + 9s).value());
  EXPECT_EQ(file.read(start + 10s).value(), "here\n");
  tree.write("f", "more\n");
  EXPECT_EQ(file.read(start + 10s).value(), "more\n");
}

TEST(OptionalFile, UnreadableIsNotAbsent) {
  const TempTree tree;
  tree.write("d/f", "");
  OptionalFile file(SysRoot(tree.path()), "d");
  EXPECT_FALSE(file.read(TimePoint(1h)));
}

}  // namespace
}  // namespace spillway
