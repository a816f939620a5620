#include "port/cgroup_fs.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/temp_tree.h"

namespace spillway {
namespace {

using support::TempTree;

TEST(CgroupFs, HybridCountsMemoryOnV1) {
  const TempTree tree("linux-6.18-hybrid");
  const auto cgroups = CgroupFs::locate(SysRoot(tree.path())).value();
  ASSERT_TRUE(cgroups.unified());
  EXPECT_EQ(cgroups.unified()->mount, "/sys/fs/cgroup/unified");
  EXPECT_FALSE(cgroups.unified()->memory);
  ASSERT_TRUE(cgroups.memory());
  EXPECT_EQ(cgroups.memory()->version, CgroupVersion::v1);
  EXPECT_EQ(cgroups.memory()->mount, "/sys/fs/cgroup/memory");
  EXPECT_EQ(cgroups.group_of(4242).value(), "/app");
}

TEST(CgroupFs, UnifiedCountsMemoryOnV2) {
  const TempTree tree("linux-6.1-unified");
  const auto cgroups = CgroupFs::locate(SysRoot(tree.path())).value();
  ASSERT_TRUE(cgroups.memory());
  EXPECT_EQ(cgroups.memory()->version, CgroupVersion::v2);
  EXPECT_TRUE(cgroups.memory()->memory);
  EXPECT_EQ(cgroups.memory()->directory("/system.slice/llm.service"),
            "/sys/fs/cgroup/system.slice/llm.service");
}

TEST(CgroupFs, V1Alone) {
  const TempTree tree("linux-5.4-v1");
  const auto cgroups = CgroupFs::locate(SysRoot(tree.path())).value();
  EXPECT_FALSE(cgroups.unified());
  EXPECT_EQ(cgroups.memory()->mount, "/sys/fs/cgroup/memory");
}

TEST(CgroupFs, NoneIsNoError) {
  const TempTree tree;
  const auto cgroups = CgroupFs::locate(SysRoot(tree.path())).value();
  EXPECT_FALSE(cgroups.unified());
  EXPECT_FALSE(cgroups.memory());
  EXPECT_EQ(cgroups.group_of(1).error().code, Errc::not_found);
}

TEST(CgroupFs, FindsThisProcessOnThisMachine) {
  const auto cgroups = CgroupFs::locate(SysRoot()).value();
  if (!cgroups.memory() && !cgroups.unified()) GTEST_SKIP() << "no cgroups are mounted";
  const auto group = cgroups.group_of(getpid());
  ASSERT_TRUE(group) << to_string(group.error());
  EXPECT_TRUE(group->starts_with('/'));
}

TEST(CgroupMounts, ReadsEscapesAndTags) {
  const auto mounts = parse_cgroup_mounts(
      "30 1 8:1 / / rw shared:1 master:2 - ext4 /dev/sda1 rw\n"
      "41 31 0:38 /docker/ab /mnt/my\\040groups rw,nosuid shared:9 - cgroup2 cgroup rw,nsdelegate\n"
      "42 31 0:39 / /second rw - cgroup2 cgroup2 rw\n"
      "43 31 0:40 / /cpu rw - cgroup cgroup rw,cpu,memory_not\n"
      "44 31 0:41 / /mem rw - cgroup cgroup rw,cpuset,memory\n");
  ASSERT_EQ(mounts.size(), 2u);
  EXPECT_EQ(mounts[0].mount, "/mnt/my groups");
  EXPECT_EQ(mounts[0].root, "/docker/ab");
  EXPECT_EQ(mounts[1].mount, "/mem");
  EXPECT_TRUE(mounts[1].memory);
}

TEST(CgroupMounts, SurvivesWhatIsNoMountinfo) {
  for (const char* text : {"", "\n\n", "1 2 3", "- cgroup2", "1 2 0:1 / /x rw - ",
                           "a b c d e f - cgroup", "\\777\\ \\0 - cgroup2 - -\n"}) {
    EXPECT_TRUE(parse_cgroup_mounts(text).empty()) << text;
  }
}

TEST(CgroupHierarchy, NamesDirectoriesInAContainersPart) {
  const CgroupHierarchy part{CgroupVersion::v2, "/sys/fs/cgroup", "/docker/ab", true};
  EXPECT_EQ(part.directory("/docker/ab"), "/sys/fs/cgroup");
  EXPECT_EQ(part.directory("/docker/ab/x"), "/sys/fs/cgroup/x");
  EXPECT_EQ(part.directory("/x/"), "/sys/fs/cgroup/x");
  EXPECT_EQ(part.directory("/docker/abc"), "/sys/fs/cgroup/docker/abc");
}

TEST(CgroupHierarchy, NeverLeadsOut) {
  const CgroupHierarchy whole{CgroupVersion::v2, "/sys/fs/cgroup", "/", true};
  EXPECT_FALSE(whole.directory("/../x"));
  EXPECT_FALSE(whole.directory("/a/.."));
  EXPECT_FALSE(whole.directory("relative"));
  EXPECT_FALSE(whole.directory(""));
  EXPECT_TRUE(whole.directory("/a..b"));
  EXPECT_TRUE(whole.chain("/../x").empty());
}

TEST(CgroupHierarchy, ChainsFromTheGroupToTheRoot) {
  const CgroupHierarchy whole{CgroupVersion::v2, "/c", "/", true};
  EXPECT_EQ(whole.chain("/a/b"), (std::vector<std::string>{"/c/a/b", "/c/a", "/c"}));
  EXPECT_EQ(whole.chain("/"), (std::vector<std::string>{"/c"}));
}

TEST(ParseGroup, TakesTheLineOfItsHierarchy) {
  const std::string_view text =
      "12:cpuset,memory:/a:b\n1:name=systemd:/init\n0::/user.slice/x.scope\n";
  EXPECT_EQ(parse_group(text, CgroupVersion::v2), "/user.slice/x.scope");
  EXPECT_EQ(parse_group(text, CgroupVersion::v1), "/a:b");
  EXPECT_FALSE(parse_group("1:cpu:/x\n", CgroupVersion::v1));
  EXPECT_FALSE(parse_group("0::relative\n", CgroupVersion::v2));
  for (const char* garbage : {"", ":", "::", "0:", "0:::", "\n:\n"}) {
    EXPECT_FALSE(parse_group(garbage, CgroupVersion::v2)) << garbage;
    EXPECT_FALSE(parse_group(garbage, CgroupVersion::v1)) << garbage;
  }
}

}  // namespace
}  // namespace spillway
