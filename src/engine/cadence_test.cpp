#include "engine/cadence.h"

#include <gtest/gtest.h>

namespace spillway {
namespace {

const TimePoint kNow{1h};

PoolAssessment ram_with(Bytes to_next, std::optional<double> growth = {}) {
  return {.pool = kRam, .growth = growth, .to_next = to_next};
}

Duration wait_for(std::vector<PoolAssessment> pools, const Attention& attention = {},
                  const Policy& policy = {}) {
  Assessment assessment;
  assessment.pools = std::move(pools);
  return next_look(assessment, policy, attention, kNow) - kNow;
}

TEST(Cadence, HeadroomOverTheWorstRateSaysWhenToLookAgain) {
  EXPECT_EQ(wait_for({ram_with(Bytes{600'000'000})}), 100ms);
  EXPECT_EQ(wait_for({ram_with(Bytes{6'000'000'000})}), 1s);
}

TEST(Cadence, StaysWithinItsBounds) {
  EXPECT_EQ(wait_for({ram_with(100_GiB)}), 2s);
  EXPECT_EQ(wait_for({ram_with(0_B)}), 10ms);
  EXPECT_EQ(wait_for({ram_with(Bytes{-5})}), 10ms);
  EXPECT_EQ(wait_for({ram_with(Bytes::limit(false))}), 2s);
  EXPECT_EQ(wait_for({}), 2s);
}

TEST(Cadence, MeasuredGrowthCountsWhenItIsWorseThanTheWorst) {
  EXPECT_EQ(wait_for({ram_with(Bytes{600'000'000}, 12e9)}), 50ms);
  EXPECT_EQ(wait_for({ram_with(Bytes{600'000'000}, 1e6)}), 100ms);
  EXPECT_EQ(wait_for({ram_with(Bytes{600'000'000}, -1e12)}), 100ms);
}

TEST(Cadence, TheTightestPoolDecides) {
  Policy policy;
  policy.pools.emplace_back("swap", PoolPolicy{.worst_rate = 0.8e9});
  PoolAssessment swap{.pool = kSwap, .to_next = Bytes{80'000'000}};
  EXPECT_EQ(wait_for({ram_with(Bytes{3'000'000'000}), swap}, {}, policy), 100ms);
}

TEST(Cadence, AtShutdownWhatIsFreeCounts) {
  PoolAssessment full{.pool = kRam, .level = Level::shutdown, .free = Bytes{120'000'000}};
  EXPECT_EQ(wait_for({full}), 20ms);
}

TEST(Cadence, UnknownPoolIsAskedAtTheSlowestPace) {
  EXPECT_EQ(wait_for({{.pool = kRam, .unknown_since = 3s}}), 2s);
}

TEST(Cadence, LooksCloselyForOneWindowAfterAnEvent) {
  EXPECT_EQ(wait_for({ram_with(100_GiB)}, {.event_until = kNow + 1s}), 20ms);
  EXPECT_EQ(wait_for({ram_with(100_GiB)}, {.event_until = kNow}), 2s);
}

TEST(Cadence, LooksOftenWhileMemoryIsAwaitedOrWasJustMoved) {
  EXPECT_EQ(wait_for({ram_with(100_GiB)}, {.waiting = true}), 100ms);
  EXPECT_EQ(wait_for({ram_with(100_GiB)}, {.recent_until = kNow + 1s}), 500ms);
}

}  // namespace
}  // namespace spillway
