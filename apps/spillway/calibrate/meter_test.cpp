#include "calibrate/meter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include "calibrate/process_tree.h"
#include "tests/support/child.h"

namespace spillway {
namespace {

using support::Child;
using support::eventually;

/// Touches so much, where a fork is to share it or in the process itself, and stays.
void hold(Bytes bytes) {
  const auto size = static_cast<std::size_t>(bytes.count);
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) _exit(99);
  std::memset(memory, 1, size);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

TEST(ProcessTree, FindsGrandchildrenButNotStrangers) {
  const Child child([] {
    const Child grandchild([] { Child::sleep_forever(); });
    Child::sleep_forever();
  });
  ASSERT_TRUE(eventually([&] { return processes_below(child.pid()).size() == 1; }));
  const auto grandchild = processes_below(child.pid()).at(0);
  EXPECT_THAT(processes_below(::getpid()), testing::IsSupersetOf({child.pid(), grandchild}));
  EXPECT_THAT(processes_below(grandchild), testing::IsEmpty());
  ::kill(grandchild, SIGKILL);
}

TEST(ProcessTree, SaysNothingOfWhoIsGone) {
  Child child([] {});
  const pid_t gone = child.pid();
  child.reap();
  EXPECT_FALSE(rss_of(gone));
  EXPECT_FALSE(pss_of(gone));
  EXPECT_FALSE(has_gpu_open(gone));
  EXPECT_GT(rss_of(::getpid()).value_or(0_B), 0_B);
}

TEST(Meter, SeesWhatOneProcessHolds) {
  if (kSanitized) GTEST_SKIP() << "the sanitizer's own memory would be measured";
  const Child child([] {
    hold(64_MiB);
    Child::sleep_forever();
  });
  Meter meter(::getpid());
  EXPECT_TRUE(eventually([&] { return meter.peak().bytes >= 64_MiB; }));
  const Peak peak = meter.stop();
  EXPECT_LT(peak.bytes, 128_MiB);  // the test itself, of which it is a copy, is small
  EXPECT_GT(peak.looks, 0U);
  EXPECT_FALSE(peak.gpu_open);
}

TEST(Meter, CountsTheTreeAndSharedPagesOnce) {
  if (kSanitized) GTEST_SKIP() << "the sanitizer's own memory would be measured";
  const Child child([] {
    hold(64_MiB);
    const Child shares([] { Child::sleep_forever(); });
    const Child more([] {
      hold(32_MiB);
      Child::sleep_forever();
    });
    Child::sleep_forever();
  });
  Meter meter(::getpid());
  EXPECT_TRUE(eventually([&] { return meter.peak().bytes >= 96_MiB; }));
  const Peak peak = meter.stop();
  for (const pid_t process : processes_below(child.pid())) ::kill(process, SIGKILL);
  EXPECT_EQ(peak.processes, 3U);
  if (peak.shared_twice) GTEST_SKIP() << "this kernel tells no PSS";
  EXPECT_LT(peak.bytes, 140_MiB);
}

TEST(Meter, OnDevicesCountsTheTreesShareOnly) {
  const Child child([] { Child::sleep_forever(); });
  const PoolId pool{"vram:GPU-1"};
  int looks = 0;
  Meter meter(::getpid(), [&]() -> Result<std::vector<DeviceUse>> {
    if (++looks == 1) return fail(Errc::unavailable, "the daemon restarts");
    return std::vector<DeviceUse>{{pool, child.pid(), looks == 2 ? 3_GiB : 2_GiB, {}},
                                  {{"vram:GPU-2"}, child.pid(), 1_GiB, {}},
                                  {pool, 1, 9_GiB, {}}};
  });
  EXPECT_TRUE(eventually([&] { return meter.peak().looks >= 2; }));
  EXPECT_EQ(meter.stop().bytes, 4_GiB);
}

}  // namespace
}  // namespace spillway
