#include "assess/shape.h"

#include <gmock/gmock.h>

namespace spillway {
namespace {

using ::testing::HasSubstr;

template <class F>
std::vector<Sample> minutes(int count, F mebibytes, bool in_use = false) {
  std::vector<Sample> samples;
  for (int i = 0; i < count; ++i) {
    samples.push_back({TimePoint(1min * i), scaled(1_MiB, mebibytes(i)), in_use});
  }
  return samples;
}

TEST(LongTerm, ConstantForHoursIsALoad) {
  const auto flat = [](int i) { return 8000 + i % 7; };
  EXPECT_EQ(long_term(minutes(110, flat), 16_GiB).shape, Shape::unknown);
  const Verdict verdict = long_term(minutes(150, flat), 16_GiB);
  EXPECT_EQ(verdict.shape, Shape::load);
  EXPECT_EQ(verdict.words, "constant for 2.48 h");
}

TEST(LongTerm, ALoadIsConstantSinceItsStep) {
  const auto step = [](int i) { return i < 60 ? 1000 : 8000; };
  EXPECT_EQ(long_term(minutes(120, step), 16_GiB).shape, Shape::unknown);
  EXPECT_EQ(long_term(minutes(181, step), 16_GiB).shape, Shape::load);
}

TEST(LongTerm, SteadyGrowthWithoutUseIsALeak) {
  const auto growing = [](int i) { return 4000 + 10 * i; };
  const Verdict verdict = long_term(minutes(120, growing), 16_GiB);
  EXPECT_EQ(verdict.shape, Shape::leak);
  EXPECT_THAT(verdict.words, HasSubstr("grew steadily by 1.16 GiB in 119 min (600 MiB an hour)"));
}

TEST(LongTerm, GrowthWithUseIsALoad) {
  const auto growing = [](int i) { return 4000 + 10 * i; };
  EXPECT_EQ(long_term(minutes(120, growing, true), 16_GiB).shape, Shape::load);
}

TEST(LongTerm, GrowthThatGoesOnWhileNothingWorksIsALeakDespiteSomeUse) {
  auto samples = minutes(120, [](int i) { return 4000 + 10 * i; });
  for (std::size_t i = 0; i < samples.size(); i += 2) samples[i].in_use = true;
  EXPECT_EQ(long_term(samples, 16_GiB).shape, Shape::leak);
  // The same growth, but only in the minutes in which something worked.
  for (std::size_t i = 1; i < samples.size(); i += 2) samples[i].used = samples[i - 1].used;
  EXPECT_EQ(long_term(samples, 16_GiB).shape, Shape::load);
}

TEST(LongTerm, OneStepOrAFallBackIsNoLeak) {
  const auto step = [](int i) { return i < 50 ? 4000 : 6000 + i; };
  EXPECT_NE(long_term(minutes(90, step), 16_GiB).shape, Shape::leak);
  const auto teeth = [](int i) { return 4000 + 30 * (i % 30); };
  EXPECT_NE(long_term(minutes(90, teeth), 16_GiB).shape, Shape::leak);
}

TEST(LongTerm, KnowsNothingFromNothing) {
  EXPECT_EQ(long_term({}, 16_GiB).shape, Shape::unknown);
  EXPECT_EQ(long_term(minutes(1, [](int) { return 5; }), {}).shape, Shape::unknown);
}

TEST(Thinned, KeepsADayInBoundedRoom) {
  Thinned memory(180, 1min, 8min);
  for (int i = 0; i < 3 * 24 * 60; ++i) {
    const TimePoint now{1min * i};
    if (memory.wants(now)) memory.add({now, Bytes{i}, i == 3000});
  }
  const auto samples = memory.samples();
  ASSERT_LE(samples.size(), 180);
  EXPECT_GE(samples.back().at - samples.front().at, 12h);
  for (std::size_t i = 1; i < samples.size(); ++i) {
    EXPECT_EQ(samples[i].at - samples[i - 1].at, 8min);
  }
}

TEST(Thinned, RemembersUseOfTheSamplesItDrops) {
  Thinned memory(4, 1min, 8min);
  for (int i = 0; i < 5; ++i) memory.add({TimePoint(1min * i), Bytes{i}, i == 1});
  ASSERT_EQ(memory.samples().size(), 3);
  EXPECT_EQ(memory.samples()[1].used, Bytes{2});
  EXPECT_TRUE(memory.samples()[1].in_use);
  EXPECT_FALSE(memory.samples()[0].in_use);
}

}  // namespace
}  // namespace spillway
