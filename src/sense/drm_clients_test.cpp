#include "sense/drm_clients.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sense/drm_machine_test.h"
#include "tests/support/open_watch.h"
#include "tests/support/sensor_suite.h"

namespace spillway {
namespace {

using support::look_at;
using testing::ElementsAre;
using testing::IsEmpty;

auto use(const char* address, pid_t pid, Bytes bytes, std::optional<Bytes> evicted = {}) {
  return testing::AllOf(testing::Field(&DrmUse::address, address),
                        testing::Field(&DrmUse::pid, pid), testing::Field(&DrmUse::bytes, bytes),
                        testing::Field(&DrmUse::evicted, evicted));
}

TEST(DrmClients, CountsEachClientOnceAndWithoutWhatItShares) {
  const DrmMachine machine{"amdgpu"};
  DrmClients clients{SysRoot(machine.path())};
  // 4242 has one client on two descriptors and a second one; 900 and 1500 hold the same client, which
  // the session's manager opened for the compositor.
  EXPECT_THAT(clients.uses(look_at(TimePoint(1h))),
              ElementsAre(use("0000:03:00.0", 1500, 310'488_KiB - 91'096_KiB, 0_B),
                          use("0000:03:00.0", 4242, 8_GiB + 4_MiB, 1_GiB)));
  EXPECT_TRUE(clients.complete());
}

TEST(DrmClients, ClientsOfTwoGpusWithTheSameNumberAreTwo) {
  const DrmMachine machine{"amdgpu", "xe"};
  machine.write("proc/6300/fdinfo/5",
                "drm-pdev:\t0000:07:00.0\ndrm-client-id:\t35\ndrm-resident-vram0:\t1 MiB\n");
  DrmClients clients{SysRoot(machine.path())};
  EXPECT_THAT(clients.uses(look_at(TimePoint(1h))), testing::SizeIs(3));
}

TEST(DrmClients, WalksOncePerLookAndOnlyWhenOwnersAreWanted) {
  const DrmMachine machine{"xe"};
  DrmClients clients{SysRoot(machine.path())};
  EXPECT_THAT(clients.uses({.now = TimePoint(1h), .owners = false, .tenants = {}}), IsEmpty());
  EXPECT_FALSE(clients.complete());
  EXPECT_THAT(clients.uses(look_at(TimePoint(1h))), testing::SizeIs(1));
  machine.remove("proc/6300");
  EXPECT_THAT(clients.uses(look_at(TimePoint(1h))), testing::SizeIs(1));
  EXPECT_THAT(clients.uses(look_at(TimePoint(1h + 1s))), IsEmpty());
}

TEST(DrmClients, DoesNotOpenTheFilesOfAGpuThatSleeps) {
  const DrmMachine machine{"amdgpu", "xe"};
  machine.put_to_sleep("0000:07:00.0");
  support::OpenWatch watch;
  watch.add(machine / "proc/6300");
  DrmClients clients{SysRoot(machine.path())};
  EXPECT_THAT(clients.uses(look_at(TimePoint(1h))), testing::SizeIs(2));
  EXPECT_THAT(watch.opened(), IsEmpty());
  machine.wake("0000:07:00.0");
  EXPECT_THAT(clients.uses(look_at(TimePoint(1h + 1s))), testing::SizeIs(3));
  EXPECT_THAT(watch.opened(), ElementsAre("5"));
}

TEST(DrmClients, DoesNotWalkAtAllWithoutAGpu) {
  const support::TempTree machine("linux-6.1-unified");
  machine.write("proc/77/comm", "x");
  support::OpenWatch watch;
  watch.add(machine / "proc");
  DrmClients clients{SysRoot(machine.path())};
  EXPECT_THAT(clients.uses(look_at(TimePoint(1h))), IsEmpty());
  EXPECT_THAT(watch.opened(), IsEmpty());
}

TEST(DrmClients, AForgedAddressIsNotBelieved) {
  const DrmMachine machine{"amdgpu"};
  machine.write("proc/4242/fdinfo/7",
                "drm-pdev:\t0000:99:00.0\ndrm-client-id:\t36\ndrm-resident-vram:\t64 MiB\n");
  DrmClients clients{SysRoot(machine.path())};
  EXPECT_THAT(clients.uses(look_at(TimePoint(1h))),
              testing::Contains(use("0000:03:00.0", 4242, 8_GiB, 1_GiB)));
}

}  // namespace
}  // namespace spillway
