#include "assess/history.h"

#include <gmock/gmock.h>

#include "assess/look_test.h"

namespace spillway {
namespace {

using testing::at;
using ::testing::Optional;
using testing::reading;

const PoolId kGpu{"vram:GPU-1"};

StallReading stall(Duration some, Duration full, TimePoint taken,
                   std::optional<PoolId> scope = {}) {
  return {StallResource::memory, std::move(scope), some, full, taken};
}

void add(History& history, TimePoint now, std::vector<Reading> readings,
         std::vector<Fault> faults = {}) {
  history.add(make_snapshot(now, {}, std::move(readings), std::move(faults)));
}

TEST(History, APoolThatVanishesWithoutAFaultIsGone) {
  History history;
  add(history, at(0s), {reading(kRam, 1_GiB, 4_GiB, at(0s)), reading(kGpu, 1_GiB, 4_GiB, at(0s))});
  add(history, at(1s), {reading(kRam, 1_GiB, 4_GiB, at(1s))});
  EXPECT_EQ(history.find(kGpu), nullptr);
  EXPECT_NE(history.find(kRam), nullptr);
}

TEST(History, APoolWhoseSensorFailedIsKeptWithItsLastGoodReading) {
  History history;
  add(history, at(0s), {reading(kGpu, 3_GiB, 4_GiB, at(0s))});
  add(history, at(9s), {}, {{"fake", {Errc::io, "device lost", "", ""}}});
  ASSERT_NE(history.find(kGpu), nullptr);
  EXPECT_EQ(history.find(kGpu)->trouble, "device lost");
  EXPECT_THAT(history.find(kGpu)->last.used, Optional(3_GiB));
  EXPECT_EQ(history.find(kGpu)->good, at(0s));
  add(history, at(10s), {}, {{"another", {Errc::io, "x", "", ""}}});
  EXPECT_EQ(history.find(kGpu), nullptr);
}

TEST(History, OnePoolGoesWhileAnotherComes) {
  History history;
  add(history, at(0s), {reading(kGpu, 1_GiB, 4_GiB, at(0s)), reading(kRam, 1_GiB, 4_GiB, at(0s))});
  add(history, at(1s), {reading(kRam, 1_GiB, 4_GiB, at(1s)), reading(kSwap, 1_GiB, 4_GiB, at(1s))});
  ASSERT_EQ(history.pools().size(), 2);
  EXPECT_EQ(history.pools()[0].pool, kRam);
  EXPECT_EQ(history.pools()[1].pool, kSwap);
}

TEST(History, AReadingWithHolesIsNotAGoodOne) {
  History history;
  PoolReading bad = reading(kRam, 1_GiB, 4_GiB, at(0s));
  bad.used.reset();
  add(history, at(0s), {bad});
  ASSERT_NE(history.find(kRam), nullptr);
  EXPECT_EQ(history.find(kRam)->trouble, "the amount in use is missing");
  EXPECT_EQ(history.find(kRam)->usable(), std::nullopt);

  add(history, at(1s), {reading(kRam, 1_GiB, 4_GiB, at(1s))});
  EXPECT_EQ(history.find(kRam)->trouble, "");
  bad = reading(kRam, 2_GiB, 4_GiB, at(2s));
  bad.total.reset();
  add(history, at(2s), {bad});
  EXPECT_EQ(history.find(kRam)->trouble, "the capacity is missing");
  EXPECT_THAT(history.find(kRam)->last.used, Optional(1_GiB));
  add(history, at(3s), {reading(kRam, -1_GiB, 4_GiB, at(3s))});
  EXPECT_EQ(history.find(kRam)->trouble, "the amount in use is negative");
}

TEST(History, ALimitOfACgroupCanBeLifted) {
  const PoolId group{"cgroup:/a"};
  History history;
  add(history, at(0s), {reading(group, 3_GiB, 4_GiB, at(0s))});
  PoolReading unlimited = reading(group, 3_GiB, 4_GiB, at(1s));
  unlimited.total.reset();
  add(history, at(1s), {unlimited});
  EXPECT_EQ(history.find(group)->trouble, "");
  EXPECT_EQ(history.find(group)->usable(), std::nullopt);
}

TEST(History, UsableIsWithoutWhatTheDriverKeeps) {
  History history;
  PoolReading gpu = reading(kGpu, 1_GiB, 10_GiB, at(0s));
  gpu.reserved = 1_GiB;
  add(history, at(0s), {gpu});
  EXPECT_THAT(history.find(kGpu)->usable(), Optional(9_GiB));
  gpu.reserved = 11_GiB;
  gpu.taken = at(1s);
  add(history, at(1s), {gpu});
  EXPECT_EQ(history.find(kGpu)->usable(), std::nullopt);
}

TEST(History, TheSameReadingTwiceIsNotASecondSample) {
  History history;
  for (int i = 0; i < 100; ++i) {
    add(history, at(1s * i), {reading(kGpu, (i < 2 ? 1_GiB : 2_GiB), 4_GiB, at(0s))});
  }
  EXPECT_THAT(history.find(kGpu)->last.used, Optional(1_GiB));
  EXPECT_EQ(history.find(kGpu)->trend.rate, std::nullopt);
}

TEST(StallTrack, RatesComeFromTheTotals) {
  History history;
  for (int i = 0; i <= 100; ++i) {  // half the time from the third second on
    const Duration stalled = i < 70 ? 0ms : 50ms * (i - 70);
    add(history, at(100ms * i), {stall(stalled, stalled / 2, at(100ms * i))});
  }
  const auto share = history.stall(StallResource::memory, {})->share(2s);
  ASSERT_TRUE(share);
  EXPECT_NEAR(share->some, 0.5, 0.01);
  EXPECT_NEAR(share->full, 0.25, 0.01);
}

TEST(StallTrack, AMomentIsNotAShare) {
  History history;
  add(history, at(0ms), {stall(0ms, 0ms, at(0ms))});
  add(history, at(10ms), {stall(10ms, 10ms, at(10ms))});
  EXPECT_EQ(history.stall(StallResource::memory, {})->share(2s), std::nullopt);
}

TEST(StallTrack, TotalsThatFallAreCountedAnew) {
  History history;
  add(history, at(0s), {stall(9s, 9s, at(0s))});
  add(history, at(2s), {stall(0s, 0s, at(2s))});
  EXPECT_EQ(history.stall(StallResource::memory, {})->share(2s), std::nullopt);
}

TEST(StallTrack, IsBoundedAtAnyCadence) {
  History history;
  for (int i = 0; i < 5000; ++i) add(history, at(10ms * i), {stall(0ms, 0ms, at(10ms * i))});
  EXPECT_LE(history.stall(StallResource::memory, {})->totals.size(), 64);
  EXPECT_TRUE(history.stall(StallResource::memory, {})->share(2s));
}

TEST(StallTrack, OfACgroupGoesWithIt) {
  const PoolId group{"cgroup:/a"};
  History history;
  add(history, at(0s), {reading(group, 1_GiB, 4_GiB, at(0s)), stall(0ms, 0ms, at(0s), group)});
  EXPECT_NE(history.stall(StallResource::memory, group), nullptr);
  add(history, at(2min), {});
  EXPECT_EQ(history.stall(StallResource::memory, group), nullptr);
}

}  // namespace
}  // namespace spillway
