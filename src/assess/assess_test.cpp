#include "assess/assess.h"

#include <gmock/gmock.h>

#include "assess/look_test.h"

namespace spillway {
namespace {

using testing::at;
using ::testing::HasSubstr;
using ::testing::Optional;
using testing::reading;
using testing::Watcher;

StallReading stall(Duration some, Duration full, TimePoint taken) {
  return {StallResource::memory, {}, some, full, taken};
}

TEST(Assess, WordsMayBeLeftToPoolsInTroubleAndThoseJustOutOfIt) {
  Watcher watcher;
  const auto words = [&](TimePoint now) {
    return assess(watcher.history, watcher.policy, now, Evidence::of_trouble).pools[0].evidence;
  };
  watcher.ram(at(0s), 50_GiB);
  EXPECT_EQ(words(at(0s)), "");
  watcher.ram(at(1s), 91_GiB);
  EXPECT_EQ(words(at(1s)), watcher.latest.pools[0].evidence);
  watcher.history.add(make_snapshot(at(20s), {}, {reading(kRam, 50_GiB, 100_GiB, at(20s))}, {}));
  const Assessment calm = assess(watcher.history, watcher.policy, at(20s), Evidence::of_trouble);
  EXPECT_EQ(calm.level, Level::normal);
  EXPECT_EQ(calm.pools[0].evidence, "50 GiB of 100 GiB in use (50 %)");
  watcher.history.remember(calm);
  EXPECT_EQ(words(at(20s)), "");
}

TEST(Assess, LevelsRiseAtOnceAndNameTheCause) {
  Watcher watcher;
  EXPECT_EQ(watcher.ram(at(0s), 50_GiB).level, Level::normal);
  EXPECT_EQ(watcher.latest.pools[0].evidence, "50 GiB of 100 GiB in use (50 %)");
  EXPECT_TRUE(watcher.latest.pools[0].relaxed);
  const PoolAssessment& critical = watcher.ram(at(1s), 91_GiB);
  EXPECT_EQ(critical.level, Level::critical);
  EXPECT_EQ(critical.cause, Cause::threshold);
  EXPECT_EQ(critical.since, at(1s));
  EXPECT_EQ(critical.excess, 7_GiB);  // to 85 % less the margin
  EXPECT_EQ(critical.room, 0_B);
  EXPECT_THAT(critical.evidence, HasSubstr("(91 %), critical from 90 %"));
  EXPECT_EQ(watcher.latest.level, Level::critical);
}

TEST(Assess, RoomIsUpToTheWarningExitLessTheMargin) {
  EXPECT_EQ(Watcher().ram(at(0s), 50_GiB).room, 24_GiB);
}

TEST(Assess, TheDistanceIsToWhereTheNextLevelBegins) {
  Watcher watcher;
  EXPECT_EQ(watcher.ram(at(0s), 50_GiB).to_next, 30_GiB);
  EXPECT_EQ(watcher.ram(at(1s), 91_GiB).to_next, 4_GiB);
  EXPECT_EQ(watcher.ram(at(2s), 99_GiB).to_next, std::nullopt);
  EXPECT_EQ(watcher.lost(at(3s)).to_next, std::nullopt);
  watcher.look(at(4s), {reading(kSwap, 90_GiB, 100_GiB, at(4s))});  // never more than a warning
  EXPECT_EQ(watcher.latest.find(kSwap)->to_next, std::nullopt);
}

TEST(Assess, DoesNotFlapAroundAThreshold) {
  Watcher watcher;
  int changes = 0;
  Level before = Level::normal;
  for (int i = 0; i < 600; ++i) {
    const Level level = watcher.ram(at(100ms * i), i % 2 ? 80_GiB + 1_B : 80_GiB - 1_B).level;
    changes += level != before;
    before = level;
  }
  EXPECT_EQ(changes, 1);
  EXPECT_EQ(before, Level::warning);
}

TEST(Assess, FallsBelowTheExitOnlyAndNotBeforeTheMinimumHold) {
  Watcher watcher;
  watcher.ram(at(0s), 91_GiB);
  EXPECT_EQ(watcher.ram(at(500ms), 50_GiB).level, Level::critical);
  EXPECT_EQ(watcher.latest.pools[0].cause, Cause::held);
  EXPECT_EQ(watcher.latest.pools[0].excess, 0_B);
  EXPECT_THAT(watcher.latest.pools[0].evidence, HasSubstr("critical lasts at least 1 s"));
  EXPECT_EQ(watcher.ram(at(2s), 86_GiB).level, Level::critical);
  EXPECT_EQ(watcher.ram(at(3s), 84_GiB).level, Level::warning);
  EXPECT_EQ(watcher.latest.pools[0].since, at(3s));
  EXPECT_EQ(watcher.ram(at(5s), 76_GiB).level, Level::warning);
  EXPECT_THAT(watcher.latest.pools[0].evidence, HasSubstr("warning ends below 75 GiB"));
  EXPECT_EQ(watcher.ram(at(6s), 74_GiB).level, Level::normal);
}

TEST(Assess, UnknownNeverLowersALevel) {
  Watcher watcher;
  watcher.ram(at(0s), 96_GiB);
  for (int i = 1; i < 600; ++i) {
    const PoolAssessment& ram = watcher.lost(at(1s * i));
    ASSERT_EQ(ram.level, Level::emergency);
    ASSERT_EQ(ram.unknown_since, 1s * i);
    ASSERT_FALSE(ram.relaxed);
  }
  EXPECT_THAT(watcher.latest.pools[0].evidence, HasSubstr("not read for 9.98 min (device lost)"));
  EXPECT_EQ(watcher.ram(at(700s), 50_GiB).level, Level::normal);
}

TEST(Assess, AStaleReadingNeverLowersALevel) {
  Watcher watcher;
  watcher.ram(at(0s), 96_GiB);
  // The worker hangs: the cell keeps handing out an old, low reading.
  watcher.look(at(20s), {reading(kRam, 10_GiB, 100_GiB, at(10s))});
  EXPECT_EQ(watcher.latest.pools[0].level, Level::emergency);
  EXPECT_THAT(watcher.latest.pools[0].unknown_since, Optional(Duration(10s)));
  watcher.look(at(21s), {reading(kRam, 10_GiB, 100_GiB, at(20s))});
  EXPECT_EQ(watcher.latest.pools[0].level, Level::normal);
}

TEST(Assess, AGpuThatIsLostAndBackIsJudgedAfresh) {
  const PoolId gpu{"vram:GPU-1"};
  Watcher watcher;
  watcher.look(at(0s), {reading(gpu, 91_GiB, 100_GiB, at(0s))});
  watcher.lost(at(1s));
  EXPECT_EQ(watcher.latest.find(gpu)->level, Level::critical);
  watcher.look(at(60s), {reading(gpu, 96_GiB, 100_GiB, at(60s))});
  EXPECT_EQ(watcher.latest.find(gpu)->level, Level::emergency);
  EXPECT_EQ(watcher.latest.find(gpu)->unknown_since, std::nullopt);
  watcher.look(at(61s), {});  // the card was taken out: its sensor works and names it no more
  EXPECT_EQ(watcher.latest.find(gpu), nullptr);
  EXPECT_EQ(watcher.latest.level, Level::normal);
}

TEST(Assess, APoolWithoutACapacityHasNoShareAndNoLevel) {
  PoolReading endless = reading({"cgroup:/a"}, 5_GiB, 0_B, at(0s));
  endless.total.reset();
  Watcher watcher;
  watcher.look(at(0s), {endless});
  EXPECT_EQ(watcher.latest.pools[0].share, std::nullopt);
  EXPECT_EQ(watcher.latest.pools[0].level, Level::normal);
  EXPECT_FALSE(watcher.latest.pools[0].relaxed);
}

TEST(Assess, AnAbsoluteFloorIsACauseOfItsOwn) {
  Watcher watcher;
  watcher.policy.defaults.levels[index(Level::critical)].free_below = 15_GiB;
  EXPECT_EQ(watcher.ram(at(0s), 86_GiB).level, Level::critical);
  EXPECT_EQ(watcher.latest.pools[0].cause, Cause::floor);
  EXPECT_THAT(watcher.latest.pools[0].evidence,
              HasSubstr("14 GiB free is below the floor of 15 GiB"));
  // The floor's exit is 15 + 15/8 GiB free, then the margin.
  EXPECT_EQ(watcher.latest.pools[0].excess, 86_GiB - (100_GiB - 15_GiB - 1.875_GiB - 1_GiB));
}

TEST(Assess, AForecastWarnsEarlyAndAStepDoesNot) {
  Policy policy;
  policy.defaults.warn_when_full_within = 10s;
  Watcher slope(policy);
  Watcher step(policy);
  for (int i = 0; i < 40; ++i) {
    slope.ram(at(250ms * i), 10_GiB + scaled(1_GiB, 1.5 * i));  // 6 GiB/s
    step.ram(at(250ms * i), i < 20 ? 10_GiB : 60_GiB);
    ASSERT_EQ(step.latest.level, Level::normal);
    if (i == 20) {
      ASSERT_EQ(slope.latest.level, Level::normal);
    }
  }
  EXPECT_EQ(slope.latest.level, Level::warning);
  EXPECT_EQ(slope.latest.pools[0].cause, Cause::forecast);
  EXPECT_THAT(slope.latest.pools[0].evidence, HasSubstr("growing by 6 GiB/s, full in 5.25 s"));
  EXPECT_GT(slope.latest.pools[0].excess, 50_GiB);
  EXPECT_LE(slope.latest.pools[0].excess, *slope.latest.pools[0].used);
  EXPECT_EQ(step.latest.pools[0].shape, Shape::burst);
  EXPECT_THAT(step.latest.pools[0].evidence, HasSubstr("rose by 50 GiB within 250 ms"));
}

TEST(Assess, StallsRaiseTheLevelOfRamAloneAndAskForALittleAtATime) {
  Watcher watcher;
  const PoolId gpu{"vram:GPU-1"};
  for (int i = 0; i < 40; ++i) {
    const TimePoint now = at(100ms * i);
    watcher.look(now, {reading(kRam, 70_GiB, 100_GiB, now), reading(gpu, 70_GiB, 100_GiB, now),
                       stall(60ms * i, 30ms * i, now)});
  }
  const PoolAssessment& ram = *watcher.latest.find(kRam);
  EXPECT_EQ(ram.level, Level::critical);
  EXPECT_EQ(ram.cause, Cause::stall);
  EXPECT_EQ(ram.excess, 4_GiB);
  EXPECT_THAT(ram.evidence,
              HasSubstr("tasks waited for memory 60 % of the time (all of them 30 %)"));
  EXPECT_EQ(watcher.latest.find(gpu)->level, Level::normal);
}

TEST(Assess, StallsWhileRamIsPlentifulOnlyWarn) {
  Watcher watcher;
  for (int i = 0; i < 40; ++i) {
    const TimePoint now = at(100ms * i);
    watcher.look(now, {reading(kRam, 30_GiB, 100_GiB, now), stall(90ms * i, 90ms * i, now)});
  }
  EXPECT_EQ(watcher.latest.level, Level::warning);
}

TEST(Assess, AStallLevelEndsWithTheStallAndNotWithItsSensor) {
  Watcher watcher;
  const auto look = [&](int i, Duration stalled) {
    const TimePoint now = at(100ms * i);
    watcher.look(now, {reading(kRam, 70_GiB, 100_GiB, now), stall(stalled, stalled, now)});
    return watcher.latest.level;
  };
  for (int i = 0; i < 40; ++i) look(i, 90ms * i);
  ASSERT_EQ(watcher.latest.level, Level::emergency);
  Watcher blind = watcher;
  for (int i = 40; i < 80; ++i) look(i, 90ms * 40);
  EXPECT_EQ(watcher.latest.level, Level::normal);
  for (int i = 40; i < 200; ++i) {
    const TimePoint now = at(100ms * i);
    blind.look(now, {reading(kRam, 70_GiB, 100_GiB, now)});
  }
  EXPECT_EQ(blind.latest.level, Level::emergency);
}

TEST(Assess, AStallInACgroupConcernsThatCgroup) {
  const PoolId group{"cgroup:/a"};
  Watcher watcher;
  for (int i = 0; i < 40; ++i) {
    const TimePoint now = at(100ms * i);
    StallReading own = stall(60ms * i, 0ms, now);
    own.scope = group;
    watcher.look(now,
                 {reading(kRam, 70_GiB, 100_GiB, now), reading(group, 1_GiB, 4_GiB, now), own});
  }
  EXPECT_EQ(watcher.latest.find(group)->level, Level::warning);
  EXPECT_EQ(watcher.latest.find(kRam)->level, Level::normal);
}

TEST(Assess, FullSwapIsOnlyAWarningWhileRamIsFree) {
  Watcher watcher;
  const auto look = [&](TimePoint now, Bytes ram) {
    watcher.look(now, {reading(kRam, ram, 100_GiB, now), reading(kSwap, 99_GiB, 100_GiB, now)});
    return watcher.latest.find(kSwap)->level;
  };
  EXPECT_EQ(look(at(0s), 50_GiB), Level::warning);
  EXPECT_EQ(look(at(1s), 82_GiB), Level::shutdown);
  EXPECT_EQ(look(at(9s), 50_GiB), Level::warning);
}

TEST(Assess, PoliciesArePerPool) {
  Policy policy;
  PoolPolicy strict;
  strict.levels[index(Level::warning)] = {0.10, 0.05, 1s, {}};
  policy.pools.emplace_back("vram:*", strict);
  Watcher watcher(policy);
  watcher.look(at(0s), {reading(kRam, 20_GiB, 100_GiB, at(0s)),
                        reading({"vram:GPU-1"}, 20_GiB, 100_GiB, at(0s))});
  EXPECT_EQ(watcher.latest.find(kRam)->level, Level::normal);
  EXPECT_EQ(watcher.latest.find({"vram:GPU-1"})->level, Level::warning);
}

TEST(Assess, SurvivesAbsurdAmounts) {
  Watcher watcher;
  constexpr Bytes kMost = Bytes::limit(false);
  for (int i = 0; i < 20; ++i) {
    const TimePoint now = at(300ms * i);
    watcher.look(now, {reading(kRam, i % 2 ? kMost : 0_B, kMost, now),
                       reading({"vram:a"}, kMost, 1_B, now), reading({"vram:b"}, 0_B, 0_B, now)});
  }
  EXPECT_EQ(watcher.latest.find({"vram:a"})->level, Level::shutdown);
  EXPECT_EQ(watcher.latest.find({"vram:b"})->level, Level::normal);
}

TEST(Assess, IsTheSameForTheSameInput) {
  Watcher watcher;
  for (int i = 0; i < 30; ++i) watcher.ram(at(250ms * i), 50_GiB + scaled(1_GiB, i));
  const Assessment once = assess(watcher.history, watcher.policy, at(8s));
  const Assessment twice = assess(watcher.history, watcher.policy, at(8s));
  EXPECT_EQ(once.pools[0].evidence, twice.pools[0].evidence);
  EXPECT_EQ(once.pools[0].excess, twice.pools[0].excess);
}

}  // namespace
}  // namespace spillway
