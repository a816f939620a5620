#include "sense/swap.h"

#include <gtest/gtest.h>

#include "tests/support/temp_tree.h"

namespace spillway {
namespace {

using support::TempTree;

constexpr Look kLook{.now = TimePoint(1h), .owners = false, .tenants = {}};

std::vector<Reading> read(const TempTree& tree) {
  SwapSensor sensor{SysRoot(tree.path())};
  return sensor.read(kLook).value();
}

const PoolReading* find(const std::vector<Reading>& readings, const PoolId& pool) {
  for (const Reading& reading : readings) {
    const auto* r = std::get_if<PoolReading>(&reading);
    if (r != nullptr && r->pool == pool) return r;
  }
  return nullptr;
}

TEST(ParseSwaps, ReadsAreasOfEveryKind) {
  const auto areas = parse_swaps(
                         "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
                         "/dev/zram0    partition\t1024\t\t512\t\t100\n"
                         "/swap\\040file file\t\t2048\t\t0\t\t-2\n")
                         .value();
  ASSERT_EQ(areas.size(), 2u);
  EXPECT_EQ(areas[0].zram(), "zram0");
  EXPECT_EQ(areas[0].used, 512_KiB);
  EXPECT_EQ(areas[1].zram(), "");
  EXPECT_EQ(areas[1].size, 2_MiB);
}

TEST(ParseSwaps, AHeadingAloneIsNoSwap) {
  EXPECT_TRUE(parse_swaps("Filename Type Size Used Priority\n").value().empty());
  EXPECT_FALSE(parse_swaps(""));
  EXPECT_FALSE(parse_swaps("/dev/sda partition 1 1 1\n"));
}

TEST(ParseSwaps, RefusesImpossibleFigures) {
  const std::string heading = "Filename Type Size Used Priority\n";
  EXPECT_FALSE(parse_swaps(heading + "/dev/sda partition 10 11 -2\n"));
  EXPECT_FALSE(parse_swaps(heading + "/dev/sda partition -10 0 -2\n"));
  EXPECT_FALSE(parse_swaps(heading + "/dev/sda partition 10\n"));
}

TEST(ParseMmStat, ReadsOldAndNewColumns) {
  const auto old = parse_mm_stat("8192 4096 12288 0 16384 3 7\n").value();
  EXPECT_EQ(old.data, 8_KiB);
  EXPECT_EQ(old.physical, 12_KiB);
  EXPECT_EQ(old.limit, std::nullopt);
  EXPECT_EQ(parse_mm_stat(" 1 2 3 4096 5 6 7 8 9\n")->limit, 4_KiB);
  EXPECT_FALSE(parse_mm_stat("1 2 3\n"));
  EXPECT_FALSE(parse_mm_stat("1 2 -3 4\n"));
  EXPECT_FALSE(parse_mm_stat("1 2 3 4"));
}

TEST(CompressionRatio, IsTwoUntilThereIsSomethingToMeasure) {
  EXPECT_DOUBLE_EQ(compression_ratio({}), 2.0);
  EXPECT_DOUBLE_EQ(compression_ratio({1_KiB, 64_KiB, {}}), 2.0);
  EXPECT_DOUBLE_EQ(compression_ratio({6_MiB, 2_MiB, {}}), 3.0);
}

TEST(CompressionRatio, PagesThatAreAllAlikePromiseNothing) {
  const TempTree tree("linux-6.1-debian-zram");
  const auto stat = parse_mm_stat(tree.read("sys/block/zram0/mm_stat")).value();
  EXPECT_GT(ratio(stat.data, stat.physical), 1000.0);
  EXPECT_DOUBLE_EQ(compression_ratio(stat), 4.0);
}

TEST(Fillable, IsTheLeastOfFreeSwapRamAndLimit) {
  const ZramStat packed{4_GiB, 1_GiB, {}};
  EXPECT_EQ(fillable(packed, 1_GiB, 8_GiB), 1_GiB);
  EXPECT_EQ(fillable(packed, 8_GiB, 1_GiB), 4_GiB);
  EXPECT_EQ(fillable({4_GiB, 1_GiB, 1_GiB + 256_MiB}, 8_GiB, 1_GiB), 1_GiB);
  EXPECT_EQ(fillable({4_GiB, 1_GiB, 512_MiB}, 8_GiB, 1_GiB), 0_B);
  EXPECT_EQ(fillable(packed, 1_GiB, -1_GiB), 0_B);
}

TEST(SwapSensor, ReadsSwapOnADisk) {
  const auto readings = read(TempTree("linux-6.1-unified"));
  ASSERT_EQ(readings.size(), 1u);
  const PoolReading* swap = find(readings, kSwap);
  ASSERT_NE(swap, nullptr);
  EXPECT_EQ(swap->total, Bytes{8388604LL * 1024});
  EXPECT_EQ(swap->used, 1_GiB);
  EXPECT_EQ(swap->reserved, std::nullopt);
}

TEST(SwapSensor, AgreesWithMeminfoOfTheSameMoment) {
  for (const char* fixture : {"linux-6.1-debian", "linux-6.1-debian-zram"}) {
    const TempTree tree(fixture);
    const auto readings = read(tree);
    const PoolReading* swap = find(readings, kSwap);
    ASSERT_NE(swap, nullptr) << fixture;
    const auto kib = [](Bytes b) { return std::to_string(b.count / 1024) + " kB"; };
    const std::string meminfo = tree.read("proc/meminfo");
    EXPECT_NE(meminfo.find(kib(*swap->total)), std::string::npos) << fixture;
    EXPECT_NE(meminfo.find(kib(*swap->total - *swap->used)), std::string::npos) << fixture;
  }
}

TEST(SwapSensor, NoSwapIsNoPool) {
  EXPECT_TRUE(read(TempTree("linux-6.18-hybrid")).empty());
  EXPECT_TRUE(read(TempTree("linux-5.4-v1")).empty());
  EXPECT_TRUE(read(TempTree()).empty());
}

TEST(SwapSensor, SwapThatIsMadeLaterIsSeenWithinASecond) {
  const TempTree tree("linux-6.18-hybrid");
  SwapSensor sensor{SysRoot(tree.path())};
  const auto pools = [&](Duration now) {
    return sensor.read({.now = TimePoint(now), .owners = false, .tenants = {}}).value().size();
  };
  EXPECT_EQ(pools(1h), 0u);
  tree.write("proc/swaps", "Filename Type Size Used Priority\n/swapfile file 1024 0 -2\n");
  EXPECT_EQ(pools(1h + 999ms), 0u);
  EXPECT_EQ(pools(1h + 1s), 1u);
}

TEST(SwapSensor, SwapOnZramIsAsLargeAsTheRamThatCanBeHadForIt) {
  const auto readings = read(TempTree("zram"));
  const PoolReading* swap = find(readings, kSwap);
  ASSERT_NE(swap, nullptr);
  // 512 MiB of free and inactive file pages, packed four to one.
  EXPECT_EQ(*swap->total - *swap->used - *swap->reserved, 2_GiB);
  const PoolReading* zram = find(readings, kZram);
  ASSERT_NE(zram, nullptr);
  EXPECT_EQ(zram->used, 1_GiB);
  EXPECT_EQ(zram->total, Bytes{8388604LL * 256});
  const auto& detail = std::get<MemoryDetail>(readings.at(1));
  EXPECT_EQ(detail.zram_data, 4_GiB);
  EXPECT_EQ(detail.zram_physical, 1_GiB);
}

TEST(SwapSensor, ALimitOfTheDeviceIsItsCapacity) {
  const TempTree tree("zram");
  tree.write("sys/block/zram0/mm_stat", "4294967296 1 1073741824 1610612736 1 0 0 0 0\n");
  const auto readings = read(tree);
  EXPECT_EQ(find(readings, kZram)->total, 1_GiB + 512_MiB);
}

TEST(SwapSensor, TwoDevicesShareTheRamThatIsLeft) {
  const TempTree tree("zram");
  tree.write("proc/swaps",
             "Filename Type Size Used Priority\n"
             "/dev/zram0 partition 4194304 0 100\n/dev/zram1 partition 4194304 0 100\n");
  tree.write("sys/block/zram0/mm_stat", "0 0 0 0 0 0 0 0 0\n");
  tree.write("sys/block/zram1/mm_stat", "0 0 0 0 0 0 0 0 0\n");
  const PoolReading* swap = nullptr;
  const auto readings = read(tree);
  swap = find(readings, kSwap);
  // 512 MiB hold 1 GiB at the expected two to one: the first device could take it all.
  EXPECT_EQ(*swap->total - *swap->used - *swap->reserved, 1_GiB);
}

TEST(SwapSensor, ADeviceThatCannotBeReadIsAFaultOfItsOwn) {
  const TempTree tree("zram");
  tree.write("sys/block/zram0/mm_stat", "garbage\n");
  const auto readings = read(tree);
  EXPECT_EQ(std::get<Fault>(readings.at(0)).sensor, "zram");
  EXPECT_EQ(std::get<Fault>(readings.at(0)).error.where, tree / "sys/block/zram0/mm_stat");
  EXPECT_EQ(find(readings, kZram), nullptr);
  const PoolReading* swap = find(readings, kSwap);
  ASSERT_NE(swap, nullptr);
  EXPECT_EQ(*swap->total - *swap->used - *swap->reserved, 1_GiB) << "at the expected two to one";
}

}  // namespace
}  // namespace spillway
