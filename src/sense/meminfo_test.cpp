#include "sense/meminfo.h"

#include <gtest/gtest.h>

#include "tests/support/temp_tree.h"

namespace spillway {
namespace {

using support::TempTree;

constexpr Look kLook{.now = TimePoint(1h), .owners = false, .tenants = {}};

PoolReading ram_of(const TempTree& tree) {
  MeminfoSensor sensor{SysRoot(tree.path())};
  return std::get<PoolReading>(sensor.read(kLook).value().at(0));
}

TEST(ParseMeminfo, ReadsEveryKernelsFile) {
  for (const char* fixture :
       {"linux-6.18-hybrid", "linux-6.1-debian", "linux-6.1-unified", "linux-5.4-v1"}) {
    const TempTree tree(fixture);
    const auto meminfo = parse_meminfo(tree.read("proc/meminfo"));
    ASSERT_TRUE(meminfo) << fixture;
    for (const auto& figure :
         {meminfo->total, meminfo->free, meminfo->available, meminfo->buffers, meminfo->cached,
          meminfo->inactive_file, meminfo->unevictable, meminfo->dirty, meminfo->anon,
          meminfo->shmem, meminfo->reclaimable_slab}) {
      EXPECT_TRUE(figure) << fixture;
    }
  }
}

TEST(ParseMeminfo, FiguresAreKiB) {
  const auto meminfo = parse_meminfo("MemTotal:  2048 kB\nMemAvailable:  1024 kB\n").value();
  EXPECT_EQ(meminfo.total, 2_MiB);
  EXPECT_EQ(meminfo.available, 1_MiB);
  EXPECT_EQ(meminfo.free, std::nullopt);
}

TEST(ParseMeminfo, ANumberThatWasCutOffDoesNotCount) {
  EXPECT_FALSE(parse_meminfo("MemTotal:  2048 kB\nMemAvailable:  10"));
  EXPECT_FALSE(parse_meminfo("MemTotal:  2048 kB\nMemAvailable:  1024 k\n"));
  EXPECT_FALSE(parse_meminfo("MemTotal:  2048 kB\nMemAvailable:  1024 kB"));
}

TEST(ParseMeminfo, ImpossibleFiguresAreUnknown) {
  EXPECT_FALSE(parse_meminfo("MemTotal:  0 kB\nMemAvailable:  1 kB\n"));
  EXPECT_FALSE(parse_meminfo("MemTotal:  18446744073709551615 kB\nMemAvailable:  1 kB\n"));
  const auto meminfo =
      parse_meminfo("MemTotal:  8 kB\nMemAvailable:  1 kB\nMemFree:  -3 kB\n").value();
  EXPECT_EQ(meminfo.free, std::nullopt);
}

TEST(MeminfoSensor, UsedIsWhatIsNotAvailable) {
  const TempTree tree("linux-6.1-unified");
  const PoolReading ram = ram_of(tree);
  EXPECT_EQ(ram.pool, kRam);
  EXPECT_EQ(ram.total, Bytes{16307548LL * 1024});
  EXPECT_EQ(ram.used, Bytes{(16307548LL - 6291456LL) * 1024});
  EXPECT_EQ(ram.taken, kLook.now);
}

TEST(MeminfoSensor, SharedMemoryIsNoCache) {
  const TempTree tree("linux-6.1-unified");
  EXPECT_EQ(ram_of(tree).cache, Bytes{(6553600LL - 819200LL + 204800LL + 524288LL) * 1024});
}

TEST(MeminfoSensor, TheZfsCacheAboveItsMinimumIsAvailable) {
  const TempTree plain("linux-6.1-unified");
  const TempTree zfs("linux-6.1-unified");
  zfs.add("zfs");
  EXPECT_EQ(*ram_of(plain).used - *ram_of(zfs).used, 4_GiB + 768_MiB);
  MeminfoSensor sensor{SysRoot(zfs.path())};
  EXPECT_EQ(std::get<MemoryDetail>(sensor.read(kLook).value().at(1)).zfs_reclaimable,
            4_GiB + 768_MiB);
}

TEST(MeminfoSensor, AZfsCacheThatCannotBeReadCountsAsUsedAndIsAFault) {
  const TempTree tree("linux-6.1-unified");
  tree.write("proc/spl/kstat/zfs/arcstats", "garbage\n");
  MeminfoSensor sensor{SysRoot(tree.path())};
  const auto readings = sensor.read(kLook).value();
  EXPECT_EQ(std::get<PoolReading>(readings.at(0)).used, Bytes{(16307548LL - 6291456LL) * 1024});
  EXPECT_EQ(std::get<Fault>(readings.at(2)).sensor, "arcstats");
  EXPECT_EQ(std::get<Fault>(readings.at(2)).error.where, tree / "proc/spl/kstat/zfs/arcstats");
}

TEST(MeminfoSensor, NeverUsesLessThanNothing) {
  const TempTree tree;
  tree.write("proc/meminfo", "MemTotal:  1024 kB\nMemAvailable:  4096 kB\n");
  EXPECT_EQ(ram_of(tree).used, 0_B);
}

TEST(MeminfoSensor, AFaultNamesTheFile) {
  const TempTree tree;
  tree.write("proc/meminfo", "MemTotal:\n");
  MeminfoSensor sensor{SysRoot(tree.path())};
  EXPECT_EQ(sensor.read(kLook).error().where, tree / "proc/meminfo");
}

TEST(ParseArcstats, NothingIsReclaimableBelowTheMinimum) {
  EXPECT_EQ(parse_arcstats("c_min 4 100\nsize 4 40\n"), 0_B);
  EXPECT_EQ(parse_arcstats("c_min 4 100\nsize 4 140\n"), 40_B);
  EXPECT_FALSE(parse_arcstats("size 4 140\n"));
  EXPECT_FALSE(parse_arcstats("c_min 4 100\nsize 4 -140\n"));
}

TEST(MeminfoSensor, ReadsThisMachine) {
  MeminfoSensor sensor{SysRoot()};
  const auto ram = std::get<PoolReading>(sensor.read(kLook).value().at(0));
  EXPECT_GT(*ram.used, 0_B);
  EXPECT_LT(*ram.used, *ram.total);
}

}  // namespace
}  // namespace spillway
