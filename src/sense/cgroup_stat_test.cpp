#include "sense/cgroup_stat.h"

#include <gtest/gtest.h>

#include "tests/support/temp_tree.h"

namespace spillway {
namespace {

using support::TempTree;

TEST(ParseCount, IsOneNumberOnOneLine) {
  EXPECT_EQ(parse_count("4096\n").value(), 4_KiB);
  for (const char* text : {"", "\n", "4096", "-1\n", "max\n", "1\n2\n", "18446744073709551615\n"}) {
    EXPECT_FALSE(parse_count(text)) << text;
  }
}

TEST(ParseLimit, KnowsBothWaysOfSayingNone) {
  EXPECT_EQ(parse_limit("max\n").value(), std::nullopt);
  EXPECT_EQ(parse_limit("9223372036854771712\n").value(), std::nullopt);
  EXPECT_EQ(parse_limit("0\n").value(), 0_B);
  EXPECT_EQ(parse_limit("268435456\n").value(), 256_MiB);
  for (const char* text : {"", "\n", "maximum\n", "-1\n", "268435456", "99999999999999999999\n"}) {
    EXPECT_FALSE(parse_limit(text)) << text;
  }
}

TEST(CgroupStat, CleanFilePagesAndReclaimableSlabComeBackByThemselves) {
  const TempTree tree("linux-6.1-unified");
  const auto stat =
      parse_cgroup_stat_v2(tree.read("sys/fs/cgroup/system.slice/llm.service/memory.stat")).value();
  EXPECT_EQ(stat.cache(), 960_MiB - 64_MiB - 32_MiB + 32_MiB);
  EXPECT_EQ(stat.swap, std::nullopt);
}

TEST(CgroupStat, OfV1TheFiguresThatIncludeTheGroupsBelow) {
  const TempTree tree("linux-6.18-hybrid");
  const auto stat = parse_cgroup_stat_v1(tree.read("sys/fs/cgroup/memory/app/memory.stat")).value();
  EXPECT_EQ(stat.cache(), Bytes{33554432 - 2101248});
  EXPECT_EQ(stat.hierarchical_limit, 256_MiB);
  EXPECT_EQ(stat.swap, 0_B);
}

TEST(CgroupStat, MoreDirtyThanFilePagesIsNoCache) {
  const auto stat = parse_cgroup_stat_v2("active_file 1\ninactive_file 2\nfile_dirty 9\n").value();
  EXPECT_EQ(stat.cache(), 0_B);
}

TEST(CgroupStat, WithoutFilePagesItIsNoMemoryStat) {
  EXPECT_FALSE(parse_cgroup_stat_v2(""));
  EXPECT_FALSE(parse_cgroup_stat_v2("active_file 1\n"));
  EXPECT_FALSE(parse_cgroup_stat_v1("active_file 1\ninactive_file 1\n"));
}

TEST(ParseOomKills, CountsOnlyKills) {
  EXPECT_EQ(parse_oom_kills("low 1\noom 5\noom_kill 3\noom_group_kill 7\n"), 3u);
  EXPECT_EQ(parse_oom_kills("oom_kill_disable 1\nunder_oom 0\noom_kill 2\n"), 2u);
  EXPECT_EQ(parse_oom_kills("oom_kill_disable 0\nunder_oom 0\n"), 0u);
  EXPECT_FALSE(parse_oom_kills("oom_kill -1\n"));
}

}  // namespace
}  // namespace spillway
