#include "assess/trend.h"

#include <gmock/gmock.h>

namespace spillway {
namespace {

using ::testing::Optional;

constexpr double kMiB = 1 << 20;

/// One sample every quarter of a second, as large as the function of the seconds says.
template <class F>
std::vector<Sample> sampled(int count, F mebibytes) {
  std::vector<Sample> samples;
  for (int i = 0; i < count; ++i) {
    samples.push_back({TimePoint(250ms * i), scaled(1_MiB, mebibytes(0.25 * i))});
  }
  return samples;
}

auto near(double rate, double within = 0.02 * kMiB) {
  return Optional(::testing::DoubleNear(rate, within));
}

TEST(Trend, NeedsFourSamplesOverASecond) {
  const auto ramp = [](double s) { return 100 * s; };
  EXPECT_EQ(trend(sampled(3, ramp), 10_GiB).rate, std::nullopt);
  EXPECT_EQ(trend(sampled(4, ramp), 10_GiB).rate, std::nullopt);
  EXPECT_THAT(trend(sampled(5, ramp), 10_GiB).rate, near(100 * kMiB));
  EXPECT_EQ(trend({}, 10_GiB).rate, std::nullopt);
}

TEST(Trend, AStepIsNotASlope) {
  for (const double when : {0.3, 2.0, 3.0, 5.6}) {
    const Trend found =
        trend(sampled(24, [&](double s) { return s < when ? 1000 : 1000 + 2048; }), 16_GiB);
    EXPECT_THAT(found.rate, near(0)) << when;
    EXPECT_EQ(found.jump, 2_GiB);
    EXPECT_EQ(found.jump_took, 250ms);
  }
}

TEST(Trend, ASlopeUnderAStepIsStillSeen) {
  const auto both = [](double s) { return 50 * s + (s < 3 ? 0 : 2048); };
  EXPECT_THAT(trend(sampled(24, both), 16_GiB).rate, near(50 * kMiB, 3 * kMiB));
}

TEST(Trend, FreedMemoryIsNotShrinking) {
  const Trend found =
      trend(sampled(24, [](double s) { return 8000 + 20 * s - (s < 2 ? 0 : 4096); }), 16_GiB);
  EXPECT_THAT(found.rate, near(20 * kMiB));
  EXPECT_EQ(found.jump, Bytes{});
}

TEST(Trend, AFastRampIsASlopeAndNotOneLongJump) {
  const Trend found = trend(sampled(20, [](double s) { return 1500 * s; }), 16_GiB);
  EXPECT_THAT(found.rate, near(1500 * kMiB));
  EXPECT_EQ(found.jump, Bytes{});
}

TEST(Trend, ASawtoothDoesNotGrow) {
  const auto teeth = [](double s) { return 100 * (s - static_cast<int>(s)); };
  EXPECT_LT(*trend(sampled(24, teeth), 16_GiB).rate, 10 * kMiB);
}

TEST(Trend, LooksAtTheLatestSamplesOnly) {
  const auto later = [](double s) { return s < 20 ? 300 * s : 6000; };
  EXPECT_THAT(trend(sampled(120, later), 1024_GiB).rate, near(0));
}

}  // namespace
}  // namespace spillway
