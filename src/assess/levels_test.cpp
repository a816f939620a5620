#include "assess/levels.h"

#include <gtest/gtest.h>

namespace spillway {
namespace {

TEST(Marks, AreSharesOfWhatIsUsable) {
  const Marks warning = marks(PoolPolicy{}.at(Level::warning), 100_GiB, 0.01);
  EXPECT_EQ(warning.enter, 80_GiB);
  EXPECT_EQ(warning.exit, 75_GiB);
  EXPECT_EQ(warning.aim, 74_GiB);
  EXPECT_FALSE(warning.by_floor);
}

TEST(Marks, TheStricterOfShareAndFloorCounts) {
  LevelRule rule{.enter = 0.95, .exit = 0.92, .free_below = 8_GiB};
  const Marks by_floor = marks(rule, 100_GiB, 0.01);
  EXPECT_EQ(by_floor.enter, 92_GiB);
  EXPECT_EQ(by_floor.exit, 91_GiB);
  EXPECT_TRUE(by_floor.by_floor);
  rule.free_below = 1_GiB;
  EXPECT_EQ(marks(rule, 100_GiB, 0.01).enter, 95_GiB);
}

TEST(Marks, AFloorThatAnEmptyPoolCannotKeepIsIgnored) {
  const LevelRule rule{.enter = 0.95, .exit = 0.92, .free_below = 512_MiB};
  EXPECT_EQ(marks(rule, 256_MiB, 0).enter, scaled(256_MiB, 0.95));
}

TEST(Marks, NeverFallBelowZeroNorExitAboveEntry) {
  const LevelRule odd{.enter = 0.5, .exit = 0.9, .free_below = 99_GiB};
  const Marks found = marks(odd, 100_GiB, 0.2);
  EXPECT_LE(found.exit, found.enter);
  EXPECT_GE(found.exit, Bytes{});
  EXPECT_EQ(found.aim, Bytes{});
}

TEST(Levels, EachBeginsAtItsEntryAndEndsBelowItsExit) {
  const PoolPolicy policy;
  EXPECT_EQ(entered(policy, 79_GiB, 100_GiB), Level::normal);
  EXPECT_EQ(entered(policy, 80_GiB, 100_GiB), Level::warning);
  EXPECT_EQ(entered(policy, 90_GiB, 100_GiB), Level::critical);
  EXPECT_EQ(entered(policy, 95_GiB, 100_GiB), Level::emergency);
  EXPECT_EQ(entered(policy, 120_GiB, 100_GiB), Level::shutdown);
  EXPECT_EQ(not_left(policy, 75_GiB, 100_GiB), Level::warning);
  EXPECT_EQ(not_left(policy, 75_GiB - 1_B, 100_GiB), Level::normal);
  EXPECT_EQ(not_left(policy, 92_GiB, 100_GiB), Level::emergency);
}

TEST(Stalled, SomeWarnsAndFullEscalates) {
  const StallRule rule;
  EXPECT_EQ(stalled(rule, {.some = 0.19, .full = 0.0}), Level::normal);
  EXPECT_EQ(stalled(rule, {.some = 0.20, .full = 0.1}), Level::warning);
  EXPECT_EQ(stalled(rule, {.some = 0.50, .full = 0.2}), Level::critical);
  EXPECT_EQ(stalled(rule, {.some = 0.90, .full = 0.5}), Level::emergency);
  EXPECT_EQ(stalled(rule, {.some = 0.11, .full = 0.0}, kStallExit), Level::warning);
}

}  // namespace
}  // namespace spillway
