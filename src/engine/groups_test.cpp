#include "engine/groups.h"

#include <gtest/gtest.h>

namespace spillway {
namespace {

Snapshot watching(const std::vector<std::string>& pools) {
  std::vector<Reading> readings;
  for (const std::string& pool : pools) readings.push_back(PoolReading{.pool = {pool}});
  return make_snapshot({}, {}, std::move(readings), {});
}

TEST(GroupsTest, AGroupLiesInItselfAndInThoseAboveIt) {
  const Snapshot snapshot =
      watching({"ram", "cgroup:/a", "cgroup:/a/b", "cgroup:/a/bc", "cgroup:/", "cgroup:/x"});
  const std::vector<PoolId> expected{{"cgroup:/"}, {"cgroup:/a"}, {"cgroup:/a/b"}};
  EXPECT_EQ(pools_around("/a/b/c", snapshot), expected);
  EXPECT_TRUE(pools_around("", snapshot).empty()) << "not known is not the root";
}

TEST(GroupsTest, RamIsChargedToTheGroupsAndNothingElseIs) {
  std::vector<PoolChange> changes{{{"ram"}, -(3_MiB)}, {{"vram:0"}, -(5_MiB)}};
  charge(changes, {{"cgroup:/a"}});
  const std::vector<PoolChange> expected{
      {{"ram"}, -(3_MiB)}, {{"vram:0"}, -(5_MiB)}, {{"cgroup:/a"}, -(3_MiB)}};
  EXPECT_EQ(changes, expected);
  charge(changes, {{"cgroup:/a"}});
  EXPECT_EQ(changes, expected) << "twice is once";
}

TEST(GroupsTest, WhoNamesTheGroupItselfIsBelieved) {
  std::vector<PoolChange> changes{{{"cgroup:/a"}, 1_MiB}};
  charge(changes, {{"cgroup:/a"}});
  EXPECT_EQ(changes, (std::vector<PoolChange>{{{"cgroup:/a"}, 1_MiB}}));
}

TEST(GroupsTest, AllVariantsOfATenantAreCharged) {
  Tenant tenant{.variants = {{"full", {{{"ram"}, 8_MiB}}}, {"q8", {{{"ram"}, 1_MiB}}}},
                .holds = {{{"ram"}, 8_MiB}}};
  charge(tenant, {{"cgroup:/a"}});
  EXPECT_EQ(tenant.held_in({"cgroup:/a"}), 8_MiB);
  EXPECT_EQ(tenant.variants[1].bytes.back(), (PoolChange{{"cgroup:/a"}, 1_MiB}));
}

}  // namespace
}  // namespace spillway
