#include "sense/process.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "tests/support/child.h"
#include "tests/support/temp_tree.h"

namespace spillway {
namespace {

using support::Child;
using support::TempTree;

constexpr ProcessOptions kPatient{.pss_patience = 10s};

Look owners(std::span<const ProcessKey> tenants = {}) {
  return {.now = TimePoint(1h), .owners = true, .tenants = tenants};
}

std::vector<ProcessReading> processes(ProcessSensor& sensor, const Look& look = owners()) {
  std::vector<ProcessReading> found;
  auto readings = sensor.read(look).value();
  for (Reading& reading : readings) {
    found.push_back(std::get<ProcessReading>(std::move(reading)));
  }
  return found;
}

const ProcessReading* find(const std::vector<ProcessReading>& all, pid_t pid) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& p) { return p.key.pid == pid; });
  return found == all.end() ? nullptr : &*found;
}

/// A machine with made-up processes of so many pages.
struct Machine : TempTree {
  void add_process(pid_t pid, int pages, std::uint64_t start = 1000,
                   const std::string& name = "worker") const {
    const std::string directory = "proc/" + std::to_string(pid) + "/";
    write(directory + "statm", "9999 " + std::to_string(pages) + " 1 1 0 1 0\n");
    write(directory + "stat", std::to_string(pid) + " (" + name +
                                  ") S 1 1 1 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 " +
                                  std::to_string(start) + " 0 0\n");
  }
};

TEST(ProcessSensor, ScansOnlyWhenOwnersAreWanted) {
  ProcessSensor sensor{SysRoot()};
  EXPECT_TRUE(sensor.read({.now = TimePoint(1h), .owners = false, .tenants = {}}).value().empty());
  EXPECT_FALSE(sensor.read(owners()).value().empty());
}

TEST(ProcessSensor, ReadsACapturedProcess) {
  const TempTree tree("linux-6.18-hybrid");
  ProcessSensor sensor(SysRoot(tree.path()), kPatient);
  const auto all = processes(sensor);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].key, (ProcessKey{4242, 282169}));
  EXPECT_EQ(all[0].name, "python3");
  EXPECT_EQ(all[0].cgroup, "/app");
  EXPECT_EQ(all[0].rss, Bytes{36670 * 4096});
  EXPECT_EQ(all[0].pss, Bytes{144760 * 1024});
  EXPECT_EQ(all[0].swap, 0_B);
  EXPECT_EQ(all[0].oom_score_adj, 0);
}

TEST(ProcessSensor, ReadsSwapAndTheGroupOfV2) {
  const TempTree tree("linux-6.1-debian");
  ProcessSensor sensor(SysRoot(tree.path()), kPatient);
  const auto all = processes(sensor);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].cgroup, "/app.slice/llm.service");
  EXPECT_EQ(all[0].swap, Bytes{21624 * 1024});
  EXPECT_EQ(all[0].pss, Bytes{112720 * 1024});
}

TEST(ProcessSensor, TheBiggestComeFirstAndOnlySoMany) {
  Machine machine;
  for (int pid = 1; pid <= 20; ++pid) machine.add_process(pid, pid * 10);
  machine.add_process(21, 0);
  ProcessSensor sensor(SysRoot(machine.path()), {.reported = 5, .detailed = 2});
  const auto all = processes(sensor);
  ASSERT_EQ(all.size(), 5u);
  EXPECT_EQ(all.front().key.pid, 20);
  EXPECT_EQ(all.back().key.pid, 16);
}

TEST(ProcessSensor, TenantsAreMeasuredHoweverSmall) {
  Machine machine;
  machine.add_process(10, 1000);
  machine.add_process(20, 1, 77);
  machine.write("proc/20/oom_score_adj", "300\n");
  ProcessSensor sensor(SysRoot(machine.path()), {.reported = 1, .detailed = 1});
  const std::vector<ProcessKey> tenants{{20, 77}, {999, 1}};
  const auto all = processes(sensor, owners(tenants));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1].key.pid, 20);
  EXPECT_EQ(all[1].oom_score_adj, 300);
}

TEST(ProcessSensor, ATenantWhosePidWasGivenToAnotherIsNotMeasured) {
  Machine machine;
  machine.add_process(10, 1000);
  machine.add_process(20, 1, 78);
  ProcessSensor sensor(SysRoot(machine.path()), {.reported = 1, .detailed = 1});
  const std::vector<ProcessKey> tenants{{20, 77}};
  EXPECT_EQ(processes(sensor, owners(tenants)).size(), 1u);
}

TEST(ProcessSensor, APidThatWasGivenToAnotherHasAnotherKey) {
  Machine machine;
  machine.add_process(10, 100, 1, "first");
  ProcessSensor sensor{SysRoot(machine.path())};
  EXPECT_EQ(processes(sensor).at(0).key, (ProcessKey{10, 1}));
  machine.remove("proc/10");
  machine.add_process(10, 100, 2, "second");
  const auto all = processes(sensor);
  EXPECT_EQ(all.at(0).key, (ProcessKey{10, 2}));
  EXPECT_EQ(all.at(0).name, "second");
}

TEST(ProcessSensor, NamesMayHoldBlanksAndBrackets) {
  Machine machine;
  machine.add_process(10, 100, 5, "a) S (b) 1");
  ProcessSensor sensor{SysRoot(machine.path())};
  const auto all = processes(sensor);
  EXPECT_EQ(all.at(0).name, "a) S (b) 1");
  EXPECT_EQ(all.at(0).key.start_ticks, 5u);
}

TEST(ProcessSensor, ProcessesThatCannotBeReadAreLeftOut) {
  Machine machine;
  machine.add_process(10, 100);
  machine.write("proc/11/statm", "garbage\n");
  machine.write("proc/12/statm", "9 90 1 1 0 1 0\n");
  machine.write("proc/12/stat", "garbage\n");
  machine.write("proc/13/nothing", "");
  machine.write("proc/-1/statm", "9 90 1 1 0 1 0\n");
  machine.write("proc/99999999999/statm", "9 90 1 1 0 1 0\n");
  ProcessSensor sensor{SysRoot(machine.path())};
  EXPECT_EQ(processes(sensor).size(), 1u);
}

/// Holds some memory until it is killed.
void hold(std::size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (memory != MAP_FAILED) Child::sleep_forever();
}

TEST(ProcessSensor, MeasuresARealChildAndForgetsItWhenItEnds) {
  ProcessSensor sensor(SysRoot(), {.reported = 100'000, .detailed = 100'000, .pss_patience = 10s});
  Child child([] { hold(32 << 20); });
  std::vector<ProcessReading> all;
  ASSERT_TRUE(support::eventually([&] {
    all = processes(sensor);
    const auto* found = find(all, child.pid());
    return found != nullptr && found->rss > 32_MiB;
  }));
  const ProcessReading first = *find(all, child.pid());
  EXPECT_GT(first.key.start_ticks, 0u);
  EXPECT_EQ(first.uid, geteuid());
  EXPECT_EQ(first.swap.value_or(0_B), 0_B);
  EXPECT_TRUE(first.pss);
  EXPECT_EQ(find(processes(sensor), child.pid())->key, first.key);
  child.kill(SIGKILL);
  child.reap();
  EXPECT_EQ(find(processes(sensor), child.pid()), nullptr);
}

TEST(ProcessSensor, SeesTheNewNameAfterAnExec) {
  ProcessSensor sensor(SysRoot(), {.reported = 100'000});
  int go[2];
  ASSERT_EQ(pipe(go), 0);
  Child child([&] {
    char c = 0;
    if (read(go[0], &c, 1) == 1) execl("/bin/sleep", "sleep", "1000", nullptr);
  });
  const auto before = processes(sensor);
  ASSERT_NE(find(before, child.pid()), nullptr);
  EXPECT_NE(find(before, child.pid())->name, "sleep");
  ASSERT_EQ(write(go[1], "x", 1), 1);
  EXPECT_TRUE(support::eventually([&] {
    const auto all = processes(sensor);
    const auto* found = find(all, child.pid());
    return found != nullptr && found->name == "sleep";
  }));
  close(go[0]);
  close(go[1]);
}

std::size_t open_descriptors() { return SysRoot().list("/proc/self/fd").value().size(); }

TEST(ProcessSensor, KeepsNoMoreDescriptorsThanAllowed) {
  const SysRoot root;
  const std::size_t before = open_descriptors();
  ProcessSensor sensor(root, {.reported = 5, .detailed = 0, .kept = 3});
  const auto first = processes(sensor);
  EXPECT_LE(open_descriptors(), before + 3 + 2) << "and /proc and /proc/loadavg";
  const auto second = processes(sensor);
  EXPECT_EQ(first.size(), second.size());
}

TEST(ProcessSensor, ClosesThemAll) {
  const std::size_t before = open_descriptors();
  {
    ProcessSensor sensor(SysRoot(), kPatient);
    ASSERT_FALSE(processes(sensor).empty());
    EXPECT_GT(open_descriptors(), before);
  }
  EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace spillway
