#include "model/snapshot.h"

#include <gtest/gtest.h>

namespace spillway {
namespace {

PoolReading reading(const char* pool, Bytes used, const char* source = "test") {
  PoolReading r;
  r.pool = PoolId{pool};
  r.used = used;
  r.source = source;
  return r;
}

TEST(MakeSnapshot, SortsPoolsByName) {
  const Snapshot s =
      make_snapshot(TimePoint(1s), {5}, {reading("vram:b", 1_B), reading("ram", 2_B)}, {});
  ASSERT_EQ(s.pools.size(), 2);
  EXPECT_EQ(s.pools[0].pool, kRam);
  EXPECT_EQ(s.at, TimePoint(1s));
  EXPECT_EQ(s.wall, WallTime{5});
}

TEST(MakeSnapshot, TheFirstReadingOfAPoolStands) {
  const Snapshot s =
      make_snapshot({}, {}, {reading("ram", 1_B, "first"), reading("ram", 2_B, "second")}, {});
  ASSERT_EQ(s.pools.size(), 1);
  EXPECT_EQ(s.pools[0].source, "first");
}

TEST(MakeSnapshot, FilesEachReadingWhereItBelongs) {
  VmCounters vm;
  vm.oom_kill = 3;
  ProcessReading process;
  process.key.pid = 7;
  const Snapshot s = make_snapshot(
      {}, {}, {StallReading{}, vm, process, DeviceUse{{"vram:a"}, 7, 1_GiB, {}}, KernelEvent{}},
      {{"nvml", {Errc::timed_out, "no answer", {}, {}}}});
  EXPECT_EQ(s.stalls.size(), 1);
  EXPECT_EQ(s.vm.oom_kill, 3U);
  ASSERT_EQ(s.processes.size(), 1);
  EXPECT_EQ(s.processes[0].key.pid, 7);
  EXPECT_EQ(s.device_uses.size(), 1);
  EXPECT_EQ(s.events.size(), 1);
  EXPECT_TRUE(s.faulty("nvml"));
  EXPECT_FALSE(s.faulty("meminfo"));
}

TEST(MakeSnapshot, MemoryDetailsOfSeveralSensorsAreJoined) {
  MemoryDetail meminfo, arc, zram;
  meminfo.available = 4_GiB;
  arc.zfs_reclaimable = 1_GiB;
  zram.zram_data = 3_GiB;
  const Snapshot s = make_snapshot({}, {}, {meminfo, arc, zram}, {});
  EXPECT_EQ(s.memory.available, 4_GiB);
  EXPECT_EQ(s.memory.zfs_reclaimable, 1_GiB);
  EXPECT_EQ(s.memory.zram_data, 3_GiB);
  EXPECT_EQ(s.memory.dirty, std::nullopt);
}

TEST(MakeSnapshot, AFaultAmongReadingsIsFiledWithTheFaults) {
  const Snapshot s = make_snapshot(
      {}, {}, {reading("ram", 1_B), Fault{"cgroup:/a", {Errc::invalid, "garbage", "/a", {}}}},
      {Fault{"psi", {}}});
  EXPECT_TRUE(s.faulty("psi"));
  EXPECT_TRUE(s.faulty("cgroup:/a"));
  EXPECT_NE(s.find(kRam), nullptr);
}

TEST(Snapshot, FindTellsPresentFromAbsent) {
  const Snapshot s = make_snapshot({}, {}, {reading("ram", 1_B)}, {});
  ASSERT_NE(s.find(kRam), nullptr);
  EXPECT_EQ(s.find(kRam)->used, 1_B);
  EXPECT_EQ(s.find(kSwap), nullptr);
  EXPECT_EQ(Snapshot{}.find(kRam), nullptr);
}

}  // namespace
}  // namespace spillway
