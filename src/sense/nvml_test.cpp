#include "sense/nvml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include "model/snapshot.h"
#include "sense/drm_machine_test.h"
#include "tests/support/fake_nvml.h"
#include "tests/support/sensor_suite.h"

namespace spillway {
namespace {

using support::FakeNvml;
using support::look_at;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kFirst = "device GPU-a 0000:41:00.0 1000 300 50\n";
constexpr const char* kSecond = "device GPU-b 0000:42:00.0 2000 100 60\n";
constexpr const char* kBoth =
    "device GPU-a 0000:41:00.0 1000 300 50\ndevice GPU-b 0000:42:00.0 2000 100 60\n";

class NvmlTest : public testing::Test {
 protected:
  Snapshot look(Duration later = {}) {
    const TimePoint now = TimePoint(1h) + later;
    auto readings = sensor_.read(look_at(now));
    std::vector<Fault> faults;
    if (!readings) faults.push_back({"nvml", readings.error()});
    return make_snapshot(now, {}, std::move(readings).value_or(std::vector<Reading>{}),
                         std::move(faults));
  }
  void let_sleep() const {
    for (const char* address : {"0000:41:00.0", "0000:42:00.0"}) {
      machine_.write(std::string("sys/bus/pci/devices/") + address + "/power/control", "auto\n");
    }
  }

  FakeNvml nvml_;
  DrmMachine machine_{"nvidia"};
  NvmlSensor sensor_{SysRoot(machine_.path()), FakeNvml::library()};
};

TEST_F(NvmlTest, TotalIsUsedReservedAndFree) {
  nvml_.says(kBoth);
  const Snapshot seen = look();
  ASSERT_EQ(seen.pools.size(), 2U);
  const PoolReading& pool = seen.pools[0];
  EXPECT_EQ(pool.pool.text, "vram:GPU-a");
  EXPECT_EQ(pool.used, 300_B);
  EXPECT_EQ(pool.reserved, 50_B);
  EXPECT_EQ(pool.total, 1000_B);
  EXPECT_EQ(pool.source, "nvml:0000:41:00.0");
  EXPECT_EQ(seen.pools[1].total, 2000_B);
}

TEST_F(NvmlTest, UsersWithAnUnknownAmountAreLeftOutAndNotZero) {
  nvml_.says(std::string(kFirst) +
             "process GPU-a 777777 100 compute\nprocess GPU-a 777778 na compute\n");
  const Snapshot seen = look();
  ASSERT_EQ(seen.device_uses.size(), 1U);
  EXPECT_EQ(seen.device_uses[0].pid, 777777);
  EXPECT_EQ(seen.device_uses[0].bytes, 100_B);
}

TEST_F(NvmlTest, ALostGpuIsAFaultOfItsOwnPoolAndComesBack) {
  nvml_.says(kBoth);
  look();
  nvml_.says(std::string("device GPU-a 0000:41:00.0 1000 300 50 lost\n") + kSecond);
  const Snapshot lost = look(1s);
  ASSERT_EQ(lost.faults.size(), 1U);
  EXPECT_EQ(lost.faults[0].sensor, "nvml:0000:41:00.0");
  EXPECT_EQ(lost.faults[0].error.code, Errc::unavailable);
  ASSERT_EQ(lost.pools.size(), 1U);
  EXPECT_EQ(lost.pools[0].pool.text, "vram:GPU-b");
  nvml_.says(kBoth);
  EXPECT_EQ(look(2s).pools.size(), 2U);
  EXPECT_THAT(look(3s).faults, IsEmpty());
}

TEST_F(NvmlTest, AnIntegratedGpuIsNoPool) {
  nvml_.says("device GPU-a 0000:41:00.0 0 0 0 integrated\n");
  const Snapshot seen = look();
  EXPECT_THAT(seen.pools, IsEmpty());
  EXPECT_THAT(seen.faults, IsEmpty());
  std::vector<Capability> all;
  sensor_.capabilities(all);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_FALSE(all[0].available);
  EXPECT_THAT(all[0].reason, HasSubstr("its memory is RAM"));
}

TEST_F(NvmlTest, AGpuThatIsNotOursIsNotThere) {
  nvml_.says("device GPU-a 0000:41:00.0 1000 300 50 denied\n");
  const Snapshot seen = look();
  EXPECT_THAT(seen.pools, IsEmpty());
  EXPECT_THAT(seen.faults, IsEmpty());
}

TEST_F(NvmlTest, ADriverThatDoesNotStartIsAFaultOfEveryGpu) {
  nvml_.says(std::string(kBoth) + "fail nvmlInit_v2 9\n");
  EXPECT_EQ(look().faults.size(), 2U);
  nvml_.says(kBoth);
  EXPECT_EQ(look(1s).pools.size(), 2U);
}

TEST_F(NvmlTest, ADriverWithoutItsLibraryIsAFaultThatSaysWhatToInstall) {
  NvmlSensor sensor{SysRoot(machine_.path()), "/nonexistent/libnvidia-ml.so.1"};
  const auto readings = sensor.read(look_at(TimePoint(1h)));
  ASSERT_TRUE(readings);
  ASSERT_EQ(readings->size(), 2U);
  EXPECT_THAT(std::get<Fault>((*readings)[0]).error.hint, HasSubstr("libnvidia-ml1"));
}

TEST_F(NvmlTest, TellsOfXidErrors) {
  nvml_.says(kBoth);
  look();
  nvml_.says(std::string(kBoth) + "xid GPU-b 79\n");
  std::vector<WakeFd> wakes;
  sensor_.wake_fds(wakes);
  ASSERT_EQ(wakes.size(), 1U);
  pollfd wait{wakes[0].fd, wakes[0].events, 0};
  ASSERT_EQ(::poll(&wait, 1, 10'000), 1);
  const Snapshot seen = look(1s);
  ASSERT_EQ(seen.events.size(), 1U);
  EXPECT_EQ(seen.events[0].kind, KernelEvent::Kind::xid);
  EXPECT_EQ(seen.events[0].pool, PoolId{"vram:GPU-b"});
  EXPECT_EQ(seen.events[0].text, "Xid 79: the GPU has fallen off the bus (0000:42:00.0)");
  EXPECT_THAT(look(2s).events, IsEmpty());
}

TEST_F(NvmlTest, NoEventsAreNoReasonToGoBlind) {
  nvml_.says(std::string(kFirst) + "fail nvmlEventSetCreate 3\n");
  EXPECT_EQ(look().pools.size(), 1U);
  std::vector<WakeFd> wakes;
  sensor_.wake_fds(wakes);
  EXPECT_THAT(wakes, IsEmpty());
}

TEST_F(NvmlTest, AGpuThatSleepsFromTheStartIsNeverAskedFor) {
  nvml_.says(kBoth);
  machine_.put_to_sleep("0000:41:00.0");
  machine_.put_to_sleep("0000:42:00.0");
  EXPECT_THAT(look().pools, IsEmpty());
  EXPECT_EQ(nvml_.calls("nvmlInit_v2"), 0);
  machine_.wake("0000:41:00.0");
  EXPECT_EQ(look(1s).pools.size(), 1U);
  EXPECT_EQ(nvml_.calls("nvmlDeviceGetHandleByPciBusId_v2"), 1);
}

TEST_F(NvmlTest, AGpuThatFallsAsleepIsLetGoOfAndItsReadingAges) {
  nvml_.says(kFirst);
  machine_.remove("sys/bus/pci/drivers/nvidia/0000:42:00.0");
  look();
  machine_.put_to_sleep("0000:41:00.0");
  const int asked = nvml_.calls("nvmlDeviceGetMemoryInfo_v2");
  const Snapshot seen = look(10s);
  EXPECT_EQ(nvml_.calls("nvmlDeviceGetMemoryInfo_v2"), asked);
  EXPECT_EQ(nvml_.calls("nvmlShutdown"), 1);
  ASSERT_EQ(seen.pools.size(), 1U);
  EXPECT_EQ(seen.pools[0].taken, TimePoint(1h));
}

TEST_F(NvmlTest, AnIdleGpuThatMaySleepGetsTheChance) {
  nvml_.says(kBoth);
  let_sleep();
  look();
  EXPECT_EQ(nvml_.calls("nvmlShutdown"), 1);
  EXPECT_EQ(look(1s).pools[0].taken, TimePoint(1h));  // not opened again for a while
  EXPECT_EQ(nvml_.calls("nvmlInit_v2"), 1);
  EXPECT_EQ(look(5s).pools[0].taken, TimePoint(1h + 5s));
  EXPECT_EQ(nvml_.calls("nvmlInit_v2"), 2);
}

TEST_F(NvmlTest, AGpuInUseIsNotLetGoOf) {
  nvml_.says(std::string(kBoth) + "process GPU-b 777777 na compute\n");
  let_sleep();
  look();
  EXPECT_EQ(nvml_.calls("nvmlShutdown"), 0);
}

TEST_F(NvmlTest, WithoutPciDevicesTheLibraryCountsThem) {
  nvml_.says(kBoth);
  const support::TempTree machine;  // Tegra, or Windows's subsystem for Linux
  machine.write("dev/dxg", "");
  NvmlSensor sensor{SysRoot(machine.path()), FakeNvml::library()};
  const auto readings = sensor.read(look_at(TimePoint(1h)));
  ASSERT_TRUE(readings);
  EXPECT_EQ(readings->size(), 2U);
  EXPECT_EQ(std::get<PoolReading>((*readings)[0]).pool.text, "vram:GPU-a");
}

TEST_F(NvmlTest, WithoutADriverTheLibraryIsNotEvenLookedFor) {
  nvml_.says(kBoth);
  const support::SensorCase c{
      "Nvml",
      [](const SysRoot& r) { return std::make_unique<NvmlSensor>(r, FakeNvml::library()); },
      {"nvidia"}};
  support::expect_named(c);
  support::expect_reads_twice(c);
  const int before = nvml_.calls("nvmlInit_v2");
  support::expect_nothing_in_an_empty_root(c);
  EXPECT_EQ(nvml_.calls("nvmlInit_v2"), before);
}

}  // namespace
}  // namespace spillway
