// The real spillway-worker under its supervisor, with a fake libnvidia-ml.so.1 and a machine of files.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <functional>

#include "base/clock.h"
#include "port/child_program.h"
#include "sense/device.h"
#include "sense/drm_machine_test.h"
#include "sense/gpu_device.h"
#include "tests/support/child.h"
#include "tests/support/fake_nvml.h"
#include "wire/worker_supervisor.h"

namespace spillway {
namespace {

using support::FakeNvml;
using testing::HasSubstr;

constexpr const char* kGood = "device GPU-a 0000:41:00.0 1000 300 50\n";
constexpr Duration kStale = 5s;  // PoolPolicy::stale_after

std::string worker_program() { return std::string(SPILLWAY_BINARY_DIR) + "/spillway-worker"; }

class WorkerProcessTest : public testing::Test {
 protected:
  explicit WorkerProcessTest(std::string_view fixture = "nvidia") : machine_{fixture} {
    machine_.remove("sys/bus/pci/drivers/nvidia/0000:42:00.0");
  }

  TimePoint now() const { return clock_.now() + ahead_; }
  /// What the daemon's loop does, until the sensor sees what is waited for.
  bool serve(const std::function<bool(const Snapshot&)>& seen) {
    for (const TimePoint until = clock_.now() + 20s; clock_.now() < until;) {
      supervisor_.tick(now());
      pollfd wait{supervisor_.fd(), POLLIN, 0};
      if (::poll(&wait, 1, 10) == 1) supervisor_.on_readable(now());
      if (seen(look())) return true;
    }
    return false;
  }
  Snapshot look() {
    const TimePoint at = now();
    auto readings = sensor_.read({.now = at, .owners = false, .tenants = {}});
    latest_ = make_snapshot(at, {}, *std::move(readings), {});
    return latest_;
  }
  bool serve_until_fresh_pool(TimePoint after) {
    return serve([&](const Snapshot& s) { return !s.pools.empty() && s.pools[0].taken > after; });
  }

  FakeNvml nvml_;
  DrmMachine machine_;
  SystemClock clock_;
  Duration ahead_{};  // of the real time, for the daemon: so that nobody waits for a deadline
  std::shared_ptr<DeviceCell> cell_ = std::make_shared<DeviceCell>();
  DeviceSensor sensor_{cell_};
  Snapshot latest_;
  WorkerSupervisor supervisor_{
      {.program = worker_program(),
       .arguments = {"--root", machine_.path(), "--nvml", FakeNvml::library()},
       .inventory = [this] { return gpu_inventory(SysRoot(machine_.path())); }},
      *cell_};
};

TEST_F(WorkerProcessTest, BringsTotalsAndUsersToTheDaemon) {
  nvml_.says(std::string(kGood) + "process GPU-a 777777 100 compute\n");
  ASSERT_TRUE(serve([](const Snapshot& s) { return !s.pools.empty(); }));
  const PoolReading& pool = latest_.pools[0];
  EXPECT_EQ(pool.pool.text, "vram:GPU-a");
  EXPECT_EQ(pool.used, 300_B);
  EXPECT_EQ(pool.reserved, 50_B);
  EXPECT_EQ(pool.total, 1000_B);
  EXPECT_LT(now() - pool.taken, kStale);
  ASSERT_EQ(latest_.device_uses.size(), 1U);
  EXPECT_EQ(latest_.device_uses[0].bytes, 100_B);
  std::vector<Capability> all;
  sensor_.capabilities(all);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_THAT(all[0].reason, HasSubstr("driver 580.159"));
}

TEST_F(WorkerProcessTest, AnXidErrorArrives) {
  nvml_.says(kGood);
  ASSERT_TRUE(serve([](const Snapshot& s) { return !s.pools.empty(); }));
  nvml_.says(std::string(kGood) + "xid GPU-a 79\n");
  ASSERT_TRUE(serve([](const Snapshot& s) { return !s.events.empty(); }));
  EXPECT_EQ(latest_.events[0].pool, PoolId{"vram:GPU-a"});
  EXPECT_THAT(latest_.events[0].text, HasSubstr("fallen off the bus"));
}

TEST_F(WorkerProcessTest, ALostGpuIsAFaultAndComesBack) {
  nvml_.says(kGood);
  ASSERT_TRUE(serve([](const Snapshot& s) { return !s.pools.empty(); }));
  nvml_.says("device GPU-a 0000:41:00.0 1000 300 50 lost\n");
  ASSERT_TRUE(serve([](const Snapshot& s) { return s.faulty("nvml:0000:41:00.0"); }));
  EXPECT_TRUE(latest_.pools.empty());
  nvml_.says(kGood);
  ASSERT_TRUE(serve([](const Snapshot& s) { return !s.pools.empty() && s.faults.empty(); }));
}

TEST_F(WorkerProcessTest, ACallThatHangsCostsTheWorkerAndTheReadingAgesUntilItIsUnknown) {
  nvml_.says(kGood);
  ASSERT_TRUE(serve([](const Snapshot& s) { return !s.pools.empty(); }));
  const pid_t first = supervisor_.pid();
  const int calls = nvml_.calls("nvmlDeviceGetMemoryInfo_v2");
  nvml_.says(std::string(kGood) + "hang nvmlDeviceGetMemoryInfo_v2\n");
  ASSERT_TRUE(
      support::eventually([&] { return nvml_.calls("nvmlDeviceGetMemoryInfo_v2") > calls; }));
  serve([](const Snapshot&) { return true; });  // what was on its way

  ahead_ += 31s;  // a first turn may take 30 s
  supervisor_.tick(now());
  EXPECT_TRUE(look().faulty("worker"));
  EXPECT_THAT(to_string(latest_.faults[0].error), HasSubstr("reading nvml took longer"));
  ASSERT_EQ(latest_.pools.size(), 1U);  // not gone, and not zero: old
  EXPECT_EQ(latest_.pools[0].used, 300_B);
  EXPECT_GT(now() - latest_.pools[0].taken, kStale);
  EXPECT_TRUE(latest_.device_uses.empty());
  EXPECT_TRUE(support::eventually([&] { return !support::is_running(first); }));

  nvml_.says("device GPU-a 0000:41:00.0 1000 400 50\n");
  ahead_ += 1s;
  const TimePoint then = clock_.now();
  ASSERT_TRUE(serve_until_fresh_pool(then));
  EXPECT_EQ(latest_.pools[0].used, 400_B);
  EXPECT_TRUE(latest_.faults.empty());
  EXPECT_NE(supervisor_.pid(), first);
}

TEST_F(WorkerProcessTest, ALibraryThatHangsAtItsStartCostsNoMoreThanItself) {
  nvml_.says("hang nvmlInit_v2\n");
  supervisor_.tick(now());
  ASSERT_TRUE(support::eventually([&] { return nvml_.calls("nvmlInit_v2") > 0; }));
  serve([](const Snapshot&) { return true; });
  ahead_ += 31s;
  ASSERT_TRUE(serve([](const Snapshot& s) { return s.faulty("worker"); }));
  EXPECT_TRUE(latest_.pools.empty());
}

TEST_F(WorkerProcessTest, AKilledWorkerIsReplacedAndLosesNothing) {
  nvml_.says(kGood);
  ASSERT_TRUE(serve([](const Snapshot& s) { return !s.pools.empty(); }));
  const pid_t first = supervisor_.pid();
  ::kill(first, SIGKILL);
  ASSERT_TRUE(serve([&](const Snapshot& s) {
    EXPECT_EQ(s.pools.size(), 1U);
    return supervisor_.pid() != first;
  }));
  ahead_ += 1s;
  EXPECT_TRUE(serve_until_fresh_pool(latest_.at));
}

TEST_F(WorkerProcessTest, AMachineWhoseOnlyGpuIsIntegratedKeepsNoWorker) {
  nvml_.says("device GPU-a 0000:41:00.0 0 0 0 integrated\n");
  supervisor_.tick(now());
  EXPECT_NE(supervisor_.pid(), 0);
  ASSERT_TRUE(serve([&](const Snapshot&) { return supervisor_.pid() == 0; }));
  EXPECT_TRUE(latest_.faults.empty());
  ahead_ += 60s;
  supervisor_.tick(now());
  EXPECT_EQ(supervisor_.pid(), 0);
}

TEST_F(WorkerProcessTest, AMachineWithoutAGpuStartsNone) {
  machine_.remove("sys/bus/pci/drivers/nvidia/0000:41:00.0");
  supervisor_.tick(now());
  EXPECT_EQ(supervisor_.pid(), 0);
  EXPECT_EQ(nvml_.calls("nvmlInit_v2"), 0);
}

class AmdWorkerProcessTest : public WorkerProcessTest {
 protected:
  AmdWorkerProcessTest() : WorkerProcessTest("amdgpu") {}
};

TEST_F(AmdWorkerProcessTest, BringsAmdgpuToTheDaemon) {
  ASSERT_TRUE(serve([](const Snapshot& s) { return !s.pools.empty(); }));
  EXPECT_EQ(latest_.pools[0].pool.text, "vram:GPU-7e3a1f0c9b2d4856");
  ASSERT_EQ(latest_.device_uses.size(), 2U);
  const auto evicted = std::count_if(latest_.device_uses.begin(), latest_.device_uses.end(),
                                     [](const DeviceUse& u) { return u.evicted == 1_GiB; });
  EXPECT_EQ(evicted, 1);
}

TEST(WorkerProgram, EndsWhenItsSocketCloses) {
  const FakeNvml nvml;
  const DrmMachine machine{"amdgpu"};
  auto child = ChildProgram::start(worker_program(), {"--root", machine.path(), "--socket", "3"});
  ASSERT_TRUE(child);
  ::shutdown(child->fd(), SHUT_RDWR);
  ASSERT_TRUE(support::eventually([&] { return child->ended().has_value(); }));
  EXPECT_TRUE(WIFEXITED(*child->ended()));
  EXPECT_EQ(WEXITSTATUS(*child->ended()), 0);
}

int exit_status(const std::vector<std::string>& arguments) {
  auto child = ChildProgram::start(worker_program(), arguments);
  EXPECT_TRUE(child);
  EXPECT_TRUE(support::eventually([&] { return child->ended().has_value(); }));
  return WEXITSTATUS(*child->ended());
}

TEST(WorkerProgram, RefusesWhatItDoesNotUnderstand) {
  const support::TempDir empty;
  EXPECT_EQ(exit_status({}), 2);
  EXPECT_EQ(exit_status({"--once", "--socket", "3"}), 2);
  EXPECT_EQ(exit_status({"--socket"}), 2);
  EXPECT_EQ(exit_status({"--socket", "-1"}), 2);
  EXPECT_EQ(exit_status({"--frobnicate", "1"}), 2);
  EXPECT_EQ(exit_status({"--once", "--root", empty.path()}), 0);
}

}  // namespace
}  // namespace spillway
