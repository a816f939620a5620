#include "sense/intel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/snapshot.h"
#include "sense/drm_machine_test.h"
#include "tests/support/open_watch.h"
#include "tests/support/sensor_suite.h"

namespace spillway {
namespace {

using support::look_at;
using testing::HasSubstr;
using testing::IsEmpty;

class IntelTest : public testing::Test {
 protected:
  /// What the driver answers, whichever node is asked.
  DrmQuery driver() {
    return [this](const SysRoot&, std::string_view, const std::string& node) {
      asked_.push_back(node);
      return answer_;
    };
  }
  Snapshot look(const DrmMachine& machine) {
    const SysRoot root(machine.path());
    IntelSensor intel(root, std::make_shared<DrmClients>(root), driver());
    auto readings = intel.read(look_at(TimePoint(1h)));
    EXPECT_TRUE(readings);
    capabilities_.clear();
    intel.capabilities(capabilities_);
    return make_snapshot(TimePoint(1h), {}, std::move(readings).value_or(std::vector<Reading>{}),
                         {});
  }

  Result<DrmFacts> answer_ = DrmFacts{.integrated = false, .total = 16_GiB, .used = 6_GiB};
  std::vector<std::string> asked_;
  std::vector<Capability> capabilities_;
};

TEST_F(IntelTest, BelievesADriverThatTells) {
  const Snapshot seen = look(DrmMachine{"i915"});
  ASSERT_EQ(seen.pools.size(), 1U);
  EXPECT_EQ(seen.pools[0].pool.text, "vram:0000:03:00.0");
  EXPECT_EQ(seen.pools[0].total, 16_GiB);
  EXPECT_EQ(seen.pools[0].used, 6_GiB);
  EXPECT_EQ(seen.pools[0].source, "intel:0000:03:00.0");
  ASSERT_EQ(seen.device_uses.size(), 1U);
  EXPECT_EQ(seen.device_uses[0].pid, 5200);
  EXPECT_EQ(seen.device_uses[0].bytes, 5120_MiB);
}

TEST_F(IntelTest, AddsUpTheClientsWhereTheDriverDoesNotTell) {
  answer_->used.reset();
  const Snapshot seen = look(DrmMachine{"i915"});
  ASSERT_EQ(seen.pools.size(), 1U);
  EXPECT_EQ(seen.pools[0].used, 5120_MiB);
}

TEST_F(IntelTest, IsUnknownAndNotFreeWhereNobodyTells) {
  answer_->used.reset();
  const DrmMachine machine{"i915"};
  machine.remove("proc/5200");
  const Snapshot seen = look(machine);
  ASSERT_EQ(seen.pools.size(), 1U);
  EXPECT_EQ(seen.pools[0].total, 16_GiB);
  EXPECT_EQ(seen.pools[0].used, std::nullopt);
  ASSERT_EQ(capabilities_.size(), 2U);
  EXPECT_THAT(capabilities_[1].reason, HasSubstr("CAP_PERFMON"));
}

TEST_F(IntelTest, ADriverThatMayNotBeAskedLeavesTheSumOfTheClients) {
  answer_ = fail(Errc::denied, "Permission denied", "/dev/dri/renderD130");
  const Snapshot seen = look(DrmMachine{"xe"});
  ASSERT_EQ(seen.pools.size(), 1U);
  EXPECT_EQ(seen.pools[0].total, std::nullopt);
  EXPECT_EQ(seen.pools[0].used, 42_MiB);
  EXPECT_THAT(seen.faults, IsEmpty());
}

TEST_F(IntelTest, ADriverThatFailsIsAFault) {
  answer_ = fail(Errc::io, "Input/output error", "/dev/dri/renderD130");
  const Snapshot seen = look(DrmMachine{"xe"});
  EXPECT_THAT(seen.pools, IsEmpty());
  ASSERT_EQ(seen.faults.size(), 1U);
  EXPECT_EQ(seen.faults[0].sensor, "intel:0000:07:00.0");
}

TEST_F(IntelTest, PrefersTheDmemControllerWhichNeedsNoRights) {
  const DrmMachine machine{"linux-6.1-unified", "dmem", "xe"};
  machine.write("sys/fs/cgroup/dmem.capacity",
                "drm/0000:07:00.0/vram0 12884901888\n"
                "drm/0000:07:00.0/stolen 67108864\n"
                "drm/0000:08:00.0/vram0 999\n");
  for (const char* group : {"system.slice", "user.slice"}) {
    machine.write(std::string("sys/fs/cgroup/") + group + "/dmem.current",
                  "drm/0000:07:00.0/vram0 1073741824\ndrm/0000:07:00.0/stolen 5\n");
  }
  const Snapshot seen = look(machine);
  ASSERT_EQ(seen.pools.size(), 1U);
  EXPECT_EQ(seen.pools[0].pool.text, "vram:0000:07:00.0");
  EXPECT_EQ(seen.pools[0].total, 12_GiB);
  EXPECT_EQ(seen.pools[0].used, 2_GiB);
}

TEST_F(IntelTest, NeverTouchesTheIntegratedGpu) {
  const DrmMachine machine{"i915"};
  support::OpenWatch watch;
  watch.add(machine / "sys/bus/pci/devices/0000:00:02.0/drm");
  look(machine);
  EXPECT_THAT(watch.opened(), IsEmpty());
  for (const std::string& node : asked_) EXPECT_EQ(node, "/dev/dri/renderD129");
  ASSERT_EQ(capabilities_.size(), 2U);
  EXPECT_FALSE(capabilities_[0].available);
  EXPECT_THAT(capabilities_[0].reason, HasSubstr("its memory is RAM"));
}

TEST_F(IntelTest, NeverAsksACardThatSleeps) {
  const DrmMachine machine{"xe"};
  machine.put_to_sleep("0000:07:00.0");
  EXPECT_THAT(look(machine).pools, IsEmpty());
  EXPECT_THAT(asked_, IsEmpty());
}

TEST_F(IntelTest, ACardThatTheDriverCallsIntegratedIsNoPool) {
  answer_ = DrmFacts{.integrated = true, .total = {}, .used = {}};
  EXPECT_THAT(look(DrmMachine{"xe"}).pools, IsEmpty());
}

}  // namespace
}  // namespace spillway
