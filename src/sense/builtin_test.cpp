#include "sense/builtin.h"

#include <gtest/gtest.h>

#include <set>

#include "model/snapshot.h"
#include "sense/cgroup.h"
#include "tests/support/temp_tree.h"

namespace spillway {
namespace {

using support::TempTree;

Snapshot look(const SensorOptions& options) {
  std::vector<Reading> readings;
  std::vector<Fault> faults;
  for (const auto& sensor : make_builtin_sensors(options)) {
    auto read = sensor->read({.now = TimePoint(1h), .owners = true, .tenants = {}});
    if (read) {
      for (Reading& reading : *read) readings.push_back(std::move(reading));
    } else {
      faults.push_back({std::string(sensor->name()), read.error()});
    }
  }
  return make_snapshot(TimePoint(1h), {}, std::move(readings), std::move(faults));
}

std::set<std::string> pools_of(const Snapshot& snapshot) {
  std::set<std::string> names;
  for (const PoolReading& pool : snapshot.pools) names.insert(pool.pool.text);
  return names;
}

TEST(BuiltinSensors, HaveNamesOfTheirOwn) {
  std::set<std::string_view> names;
  const auto sensors =
      make_builtin_sensors({.injected = {{"a", "/a"}, {"b", "/b"}}, .psi_triggers = false});
  for (const auto& sensor : sensors) names.insert(sensor->name());
  EXPECT_EQ(names.size(), sensors.size());
}

TEST(BuiltinSensors, SenseAUnifiedMachineWhole) {
  const TempTree tree("linux-6.1-unified");
  tree.write("run/kv", "1 2\n");
  const Snapshot snapshot = look({.root = tree.path(),
                                  .cgroups = {"/system.slice/llm.service"},
                                  .injected = {{"kv", "/run/kv"}}});
  EXPECT_EQ(pools_of(snapshot), (std::set<std::string>{"ram", "swap", "injected:kv",
                                                       "cgroup:/system.slice/llm.service"}));
  EXPECT_EQ(snapshot.stalls.size(), 4u);
  EXPECT_TRUE(snapshot.vm.oom_kill);
  EXPECT_TRUE(snapshot.memory.available);
  EXPECT_TRUE(snapshot.faults.empty());
}

TEST(BuiltinSensors, TheListOfCgroupsCanBeChangedLater) {
  const TempTree tree("linux-6.1-unified");
  const auto sensors = make_builtin_sensors({.root = tree.path()});
  CgroupSensor* cgroups = find_cgroup_sensor(sensors);
  ASSERT_NE(cgroups, nullptr);
  cgroups->watch({"/models.slice"});
  EXPECT_FALSE(cgroups->read({.now = TimePoint(1h), .owners = false, .tenants = {}})->empty());
  EXPECT_EQ(find_cgroup_sensor({}), nullptr);
}

TEST(BuiltinSensors, SenseAnOldMachineWithoutPsiAndSwap) {
  const TempTree tree("linux-5.4-v1");
  const Snapshot snapshot = look({.root = tree.path(), .cgroups = {"/docker/app"}});
  EXPECT_EQ(pools_of(snapshot), (std::set<std::string>{"ram", "cgroup:/docker/app"}));
  EXPECT_TRUE(snapshot.stalls.empty());
  EXPECT_TRUE(snapshot.faults.empty());
}

TEST(BuiltinSensors, AMachineThatIsNotThereIsFaultsAndNoPools) {
  const Snapshot snapshot = look({.root = "/nonexistent/spillway"});
  EXPECT_TRUE(snapshot.pools.empty());
  EXPECT_TRUE(snapshot.faulty("meminfo"));
}

TEST(BuiltinSensors, SenseThisMachine) {
  const Snapshot snapshot = look({});
  EXPECT_NE(snapshot.find(kRam), nullptr);
  EXPECT_FALSE(snapshot.processes.empty());
  EXPECT_TRUE(snapshot.faults.empty()) << to_string(snapshot.faults.front().error);
}

}  // namespace
}  // namespace spillway
