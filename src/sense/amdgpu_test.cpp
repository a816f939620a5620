#include "sense/amdgpu.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/snapshot.h"
#include "sense/drm_machine_test.h"
#include "tests/support/open_watch.h"
#include "tests/support/sensor_suite.h"

namespace spillway {
namespace {

using support::look_at;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kCard = "0000:03:00.0";
const PoolId kPool{"vram:GPU-7e3a1f0c9b2d4856"};

DrmQuery says(std::optional<bool> integrated) {
  return [integrated](const SysRoot&, std::string_view, const std::string&) {
    return Result<DrmFacts>(DrmFacts{.integrated = integrated, .total = {}, .used = {}});
  };
}

class AmdgpuTest : public testing::Test {
 protected:
  AmdgpuSensor sensor(const DrmMachine& machine, const DrmQuery& query = says(false)) const {
    const SysRoot root(machine.path());
    return {root, std::make_shared<DrmClients>(root), query};
  }
  Snapshot look(AmdgpuSensor& sensor, TimePoint now = TimePoint(1h)) const {
    auto readings = sensor.read(look_at(now));
    EXPECT_TRUE(readings);
    return make_snapshot(now, {}, std::move(readings).value_or(std::vector<Reading>{}), {});
  }
  std::vector<Capability> capabilities(const AmdgpuSensor& sensor) const {
    std::vector<Capability> all;
    sensor.capabilities(all);
    return all;
  }
};

TEST_F(AmdgpuTest, ReadsTotalsAndUsers) {
  const DrmMachine machine{"amdgpu"};
  AmdgpuSensor amdgpu = sensor(machine);
  const Snapshot seen = look(amdgpu);
  ASSERT_EQ(seen.pools.size(), 1U);
  EXPECT_EQ(seen.pools[0].pool, kPool);
  EXPECT_EQ(seen.pools[0].total, 25'753'026'560_B);
  EXPECT_EQ(seen.pools[0].used, 9_GiB);
  EXPECT_EQ(seen.pools[0].reserved, std::nullopt);
  EXPECT_EQ(seen.pools[0].source, "amdgpu:0000:03:00.0");
  ASSERT_EQ(seen.device_uses.size(), 2U);
  EXPECT_EQ(seen.device_uses[1].pool, kPool);
  EXPECT_EQ(seen.device_uses[1].pid, 4242);
  EXPECT_EQ(seen.device_uses[1].evicted, 1_GiB);
  EXPECT_THAT(capabilities(amdgpu)[0].reason, HasSubstr("256 MiB of it visible"));
  EXPECT_THAT(capabilities(amdgpu)[0].reason, HasSubstr("31.2 GiB of RAM (GTT)"));
}

TEST_F(AmdgpuTest, ACardWithoutANumberIsNamedByItsPlace) {
  const DrmMachine machine{"amdgpu"};
  machine.remove("sys/bus/pci/devices/0000:03:00.0/unique_id");
  AmdgpuSensor amdgpu = sensor(machine);
  EXPECT_EQ(look(amdgpu).pools[0].pool.text, "vram:0000:03:00.0");
}

TEST_F(AmdgpuTest, AnApusShareOfRamIsNoPool) {
  const DrmMachine machine{"amdgpu-apu"};
  AmdgpuSensor amdgpu = sensor(machine, says(true));
  EXPECT_THAT(look(amdgpu).pools, IsEmpty());
  EXPECT_THAT(look(amdgpu).faults, IsEmpty());
  ASSERT_EQ(capabilities(amdgpu).size(), 1U);
  EXPECT_FALSE(capabilities(amdgpu)[0].available);
  EXPECT_THAT(capabilities(amdgpu)[0].reason, HasSubstr("its memory is RAM"));
}

TEST_F(AmdgpuTest, WithoutTheDriversWordAMemoryVendorDecides) {
  const DrmQuery refuses = [](const SysRoot&, std::string_view, const std::string& node) {
    return Result<DrmFacts>(fail(Errc::denied, "Permission denied", node));
  };
  const DrmMachine card{"amdgpu"};
  AmdgpuSensor amdgpu = sensor(card, refuses);
  EXPECT_EQ(look(amdgpu).pools.size(), 1U);
  const DrmMachine apu{"amdgpu-apu"};
  AmdgpuSensor unsure = sensor(apu, refuses);
  const Snapshot seen = look(unsure);
  EXPECT_THAT(seen.pools, IsEmpty());
  ASSERT_EQ(seen.faults.size(), 1U);
  EXPECT_EQ(seen.faults[0].error.code, Errc::denied);
  EXPECT_THAT(seen.faults[0].error.hint, HasSubstr("group render"));
}

TEST_F(AmdgpuTest, ACardThatSleepsIsNotTouchedAndItsReadingAges) {
  const DrmMachine machine{"amdgpu"};
  AmdgpuSensor amdgpu = sensor(machine);
  look(amdgpu, TimePoint(1h));
  machine.put_to_sleep(kCard);
  support::OpenWatch watch;
  watch.add(machine / "sys/bus/pci/devices/0000:03:00.0");
  watch.add(machine / "proc");
  const Snapshot seen = look(amdgpu, TimePoint(1h + 10s));
  EXPECT_THAT(watch.opened(), ElementsAre("runtime_status"));
  ASSERT_EQ(seen.pools.size(), 1U);
  EXPECT_EQ(seen.pools[0].taken, TimePoint(1h));
  machine.wake(kCard);
  machine.write("sys/bus/pci/devices/0000:03:00.0/mem_info_vram_used", "1024\n");
  const Snapshot awake = look(amdgpu, TimePoint(1h + 20s));
  EXPECT_EQ(awake.pools[0].taken, TimePoint(1h + 20s));
  EXPECT_EQ(awake.pools[0].used, 1024_B);
}

TEST_F(AmdgpuTest, ACardThatSleepsFromTheStartIsNamedWhenItWakes) {
  const DrmMachine machine{"amdgpu"};
  machine.put_to_sleep(kCard);
  support::OpenWatch watch;
  watch.add(machine / "sys/bus/pci/devices/0000:03:00.0");
  AmdgpuSensor amdgpu = sensor(machine);
  EXPECT_THAT(look(amdgpu).pools, IsEmpty());
  EXPECT_TRUE(capabilities(amdgpu)[0].available);
  EXPECT_THAT(capabilities(amdgpu)[0].reason, HasSubstr("asleep"));
  EXPECT_THAT(watch.opened(), ElementsAre("runtime_status"));
  machine.wake(kCard);
  EXPECT_EQ(look(amdgpu, TimePoint(1h + 1s)).pools.size(), 1U);
}

TEST_F(AmdgpuTest, AFailedFileIsAFaultOfThatCardAlone) {
  const DrmMachine machine{"amdgpu"};
  machine.write("sys/bus/pci/drivers/amdgpu/0000:04:00.0", "");
  machine.write("sys/bus/pci/devices/0000:04:00.0/mem_info_vram_total", "garbage\n");
  AmdgpuSensor amdgpu = sensor(machine);
  const Snapshot seen = look(amdgpu);
  EXPECT_EQ(seen.pools.size(), 1U);
  ASSERT_EQ(seen.faults.size(), 1U);
  EXPECT_EQ(seen.faults[0].sensor, "amdgpu:0000:04:00.0");
}

TEST_F(AmdgpuTest, ACardThatIsGoneIsNoPoolAnyMore) {
  const DrmMachine machine{"amdgpu"};
  AmdgpuSensor amdgpu = sensor(machine);
  look(amdgpu);
  machine.remove("sys/bus/pci/drivers/amdgpu/0000:03:00.0");
  EXPECT_THAT(look(amdgpu).pools, IsEmpty());
  EXPECT_THAT(look(amdgpu).device_uses, IsEmpty());
}

TEST_F(AmdgpuTest, RefusesFiguresThatAreNone) {
  for (const char* text : {"", "\n", "-1\n", "0x10\n", "99999999999999999999\n", "12"}) {
    EXPECT_FALSE(parse_mem_info(text)) << text;
  }
  EXPECT_EQ(parse_mem_info("4096\n"), 4096_B);
}

}  // namespace
}  // namespace spillway
