#include "sense/dmem.h"

#include <gtest/gtest.h>

#include "tests/support/temp_tree.h"

namespace spillway {
namespace {

using support::TempTree;

constexpr Look kLook{.now = TimePoint(1h), .owners = false, .tenants = {}};

TEST(ParseDmem, ReadsRegions) {
  const auto regions = parse_dmem("drm/0000:03:00.0/vram0 8514437120\ndrm/x max\n").value();
  ASSERT_EQ(regions.size(), 2u);
  EXPECT_EQ(regions[0].name, "drm/0000:03:00.0/vram0");
  EXPECT_EQ(regions[0].amount, Bytes{8514437120});
  EXPECT_EQ(regions[1].amount, std::nullopt);
  EXPECT_TRUE(parse_dmem("").value().empty());
  EXPECT_FALSE(parse_dmem("drm/x -1\n"));
  EXPECT_FALSE(parse_dmem("drm/x\n"));
}

TEST(DmemSensor, SumsTheGroupsBelowTheRoot) {
  const TempTree tree("linux-6.1-unified");
  tree.add("dmem");
  const auto readings = DmemSensor(SysRoot(tree.path())).read(kLook).value();
  ASSERT_EQ(readings.size(), 2u);
  const auto& vram = std::get<PoolReading>(readings[0]);
  EXPECT_EQ(vram.pool, PoolId{"vram:drm/0000:03:00.0/vram0"});
  EXPECT_EQ(vram.pool.kind(), PoolKind::vram);
  EXPECT_EQ(vram.used, 4_GiB);
  EXPECT_EQ(vram.total, Bytes{8514437120});
  EXPECT_EQ(std::get<PoolReading>(readings[1]).used, 0_B);
}

TEST(DmemSensor, InAContainerTheRootCountsItself) {
  const TempTree tree("linux-6.1-unified");
  tree.add("dmem");
  tree.write("sys/fs/cgroup/dmem.current", "drm/0000:03:00.0/vram0 1048576\n");
  const auto readings = DmemSensor(SysRoot(tree.path())).read(kLook).value();
  EXPECT_EQ(std::get<PoolReading>(readings.at(0)).used, 1_MiB);
}

TEST(DmemSensor, WithoutTheControllerThereAreNoRegions) {
  const TempTree unified("linux-6.1-unified");
  EXPECT_TRUE(DmemSensor(SysRoot(unified.path())).read(kLook).value().empty());
  const TempTree v1("linux-5.4-v1");
  EXPECT_TRUE(DmemSensor(SysRoot(v1.path())).read(kLook).value().empty());
  unified.write("sys/fs/cgroup/dmem.capacity", "");
  EXPECT_TRUE(DmemSensor(SysRoot(unified.path())).read(kLook).value().empty());
}

TEST(DmemSensor, AFaultNamesTheFile) {
  const TempTree tree("linux-6.1-unified");
  tree.add("dmem");
  tree.write("sys/fs/cgroup/user.slice/dmem.current", "garbage\n");
  EXPECT_EQ(DmemSensor(SysRoot(tree.path())).read(kLook).error().where,
            tree / "sys/fs/cgroup/user.slice/dmem.current");
}

}  // namespace
}  // namespace spillway
