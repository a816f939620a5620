#include "sense/cgroup.h"

#include <gtest/gtest.h>

#include "tests/support/temp_tree.h"

namespace spillway {
namespace {

using support::TempTree;

constexpr Look kLook{.now = TimePoint(1h), .owners = false, .tenants = {}};
const std::string kV2 = "sys/fs/cgroup/";
const std::string kV1 = "sys/fs/cgroup/memory/";

struct Machine : TempTree {
  explicit Machine(std::string_view fixture, std::vector<std::string> groups)
      : TempTree(fixture), sensor(SysRoot(path()), std::move(groups), true) {}

  std::vector<Reading> sense() { return sensor.read(kLook).value(); }
  template <class T>
  std::vector<T> all() {
    std::vector<T> found;
    for (Reading& reading : sense()) {
      if (auto* r = std::get_if<T>(&reading)) found.push_back(std::move(*r));
    }
    return found;
  }
  CgroupSensor sensor;
};

Bytes free_of(const PoolReading& pool) {
  return *pool.total - *pool.used - pool.reserved.value_or(Bytes{});
}

TEST(CgroupSensor, V2GroupWithItsOwnLimit) {
  Machine machine("linux-6.1-unified", {"/system.slice/llm.service"});
  const auto pools = machine.all<PoolReading>();
  ASSERT_EQ(pools.size(), 1u);
  EXPECT_EQ(pools[0].pool, PoolId{"cgroup:/system.slice/llm.service"});
  EXPECT_EQ(pools[0].total, 3_GiB + 512_MiB) << "memory.high is below memory.max";
  EXPECT_EQ(pools[0].cache, 896_MiB);
  EXPECT_EQ(pools[0].used, 3_GiB - 896_MiB);
  EXPECT_EQ(pools[0].swapped, 128_MiB);
  EXPECT_EQ(pools[0].reserved, std::nullopt);
  EXPECT_EQ(pools[0].taken, kLook.now);
  const auto stalls = machine.all<StallReading>();
  ASSERT_EQ(stalls.size(), 1u);
  EXPECT_EQ(stalls[0].scope, pools[0].pool);
  EXPECT_EQ(stalls[0].some, 900ms);
}

TEST(CgroupSensor, AnAncestorThatLeavesLessRoomIsTheLimit) {
  // The slice may hold 6 GiB and holds 5; the service itself 1 of its 4.
  Machine machine("linux-6.1-unified", {"/models.slice/stt.service"});
  const auto pool = machine.all<PoolReading>().at(0);
  EXPECT_EQ(pool.used, 1_GiB);
  EXPECT_EQ(pool.total, 6_GiB);
  EXPECT_EQ(pool.reserved, 4_GiB) << "what others in the slice hold";
  EXPECT_EQ(free_of(pool), 1_GiB);
}

TEST(CgroupSensor, WithoutALimitAnywhereTheCapacityIsUnknown) {
  Machine machine("linux-6.1-unified", {"/system.slice"});
  const auto pool = machine.all<PoolReading>().at(0);
  EXPECT_EQ(pool.total, std::nullopt);
  EXPECT_TRUE(pool.used);
}

TEST(CgroupSensor, V2AsCaptured) {
  Machine machine("linux-6.1-debian", {"/app.slice/llm.service"});
  const auto pool = machine.all<PoolReading>().at(0);
  EXPECT_EQ(pool.total, 200_MiB);
  EXPECT_EQ(pool.used, Bytes{134381568 - 2125824 - 208696});
  EXPECT_EQ(pool.swapped, Bytes{30531584});
  EXPECT_EQ(machine.all<StallReading>().size(), 1u);
}

TEST(CgroupSensor, V1CountsLikeV2) {
  Machine machine("linux-6.18-hybrid", {"/app"});
  const auto pool = machine.all<PoolReading>().at(0);
  EXPECT_EQ(pool.total, 256_MiB);
  EXPECT_EQ(pool.cache, Bytes{33554432 - 2101248});
  EXPECT_EQ(*pool.used + *pool.cache, Bytes{179564544});
  EXPECT_TRUE(machine.all<StallReading>().empty());
}

TEST(CgroupSensor, V1AncestorsCountAsWell) {
  Machine machine("linux-5.4-v1", {"/docker/app"});
  const auto pool = machine.all<PoolReading>().at(0);
  EXPECT_EQ(pool.used, 1_GiB - 124_MiB);
  EXPECT_EQ(pool.swapped, 16_MiB);
  EXPECT_EQ(pool.total, 3_GiB);
  EXPECT_EQ(free_of(pool), 3_GiB - (2_GiB - 252_MiB));
}

TEST(CgroupSensor, AGroupThatIsNotThereIsLeftOutUntilItAppears) {
  Machine machine("linux-6.1-unified", {"/new.slice", "/system.slice"});
  EXPECT_EQ(machine.all<PoolReading>().size(), 1u);
  for (const char* file : {"memory.current", "memory.max", "memory.high", "memory.stat"}) {
    machine.write(kV2 + "new.slice/" + file, machine.read(kV2 + "models.slice/" + file));
  }
  EXPECT_EQ(machine.all<PoolReading>().size(), 2u) << "without swap, pressure and events";
  EXPECT_TRUE(machine.all<Fault>().empty());
  machine.remove(kV2 + "new.slice");
  EXPECT_EQ(machine.all<PoolReading>().size(), 1u);
  EXPECT_TRUE(machine.all<Fault>().empty());
}

TEST(CgroupSensor, OneGroupThatCannotBeReadDoesNotHideTheOthers) {
  Machine machine("linux-6.1-unified", {"/models.slice/stt.service", "/system.slice/llm.service"});
  machine.write(kV2 + "system.slice/llm.service/memory.stat", "garbage\n");
  const auto faults = machine.all<Fault>();
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_EQ(faults[0].sensor, "cgroup:/system.slice/llm.service");
  EXPECT_EQ(faults[0].error.where, machine / (kV2 + "system.slice/llm.service/memory.stat"));
  const auto pools = machine.all<PoolReading>();
  ASSERT_EQ(pools.size(), 1u);
  EXPECT_EQ(pools[0].pool, PoolId{"cgroup:/models.slice/stt.service"});
}

TEST(CgroupSensor, AFileMissingInAGroupThatIsThereIsAFault) {
  Machine machine("linux-6.1-unified", {"/system.slice/llm.service"});
  ASSERT_EQ(machine.all<PoolReading>().size(), 1u);
  machine.remove(kV2 + "system.slice/llm.service/memory.current");
  EXPECT_EQ(machine.all<Fault>().size(), 1u);
}

TEST(CgroupSensor, ReportsKillsSinceTheFirstLook) {
  for (const auto& [fixture, group, file] :
       {std::tuple{"linux-6.1-unified", "/system.slice/llm.service",
                   kV2 + "system.slice/llm.service/memory.events"},
        std::tuple{"linux-5.4-v1", "/docker/app", kV1 + "docker/app/memory.oom_control"}}) {
    Machine machine(fixture, {group});
    EXPECT_TRUE(machine.all<KernelEvent>().empty()) << "what was there before is no news";
    machine.write(file, "oom_kill 3\n");
    const auto events = machine.all<KernelEvent>();
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].kind, KernelEvent::Kind::cgroup_oom);
    EXPECT_EQ(events[0].pool, PoolId{"cgroup:" + std::string(group)});
    EXPECT_EQ(events[0].at, kLook.now);
    EXPECT_TRUE(machine.all<KernelEvent>().empty()) << "once";
  }
}

TEST(CgroupSensor, TheListChangesWhileItRuns) {
  Machine machine("linux-6.1-unified", {});
  EXPECT_TRUE(machine.sense().empty());
  machine.sensor.watch({"/system.slice", "/models.slice", "/system.slice"});
  EXPECT_EQ(machine.all<PoolReading>().size(), 2u) << "each once";
  machine.sensor.watch({"/models.slice"});
  const auto pools = machine.all<PoolReading>();
  ASSERT_EQ(pools.size(), 1u);
  EXPECT_EQ(pools[0].pool, PoolId{"cgroup:/models.slice"});
}

TEST(CgroupSensor, NamesThatLeadOutAreNotThere) {
  Machine machine("linux-6.1-unified", {"/../../etc", "relative", ""});
  EXPECT_TRUE(machine.sense().empty());
}

TEST(CgroupSensor, SaysWhichLayoutItFound) {
  const auto reason = [](const TempTree& tree) {
    std::vector<Capability> capabilities;
    CgroupSensor(SysRoot(tree.path()), {}, false).capabilities(capabilities);
    return std::pair(capabilities.at(0).available, capabilities.at(0).reason);
  };
  EXPECT_EQ(reason(TempTree("linux-6.1-unified")),
            std::pair(true, std::string("v2 at /sys/fs/cgroup")));
  EXPECT_EQ(reason(TempTree("linux-6.18-hybrid")),
            std::pair(true, std::string("v1, read-only, at /sys/fs/cgroup/memory")));
  EXPECT_FALSE(reason(TempTree()).first);
}

}  // namespace
}  // namespace spillway
