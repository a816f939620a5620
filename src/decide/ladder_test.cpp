#include "decide/ladder.h"

#include <gmock/gmock.h>

#include "decide/scene_test.h"

namespace spillway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kGpu0;
using testing::kGpu1;
using testing::Scene;
using ::testing::SizeIs;

/// A tenant that could do everything, at a pool of this level.
Scene able(Level level) {
  Scene scene;
  scene.pool(kGpu0, level, 1_GiB);
  scene.pool(kRam, Level::normal, {}, 50_GiB);
  scene.tenant("a").stop_allowed = true;
  scene.policy.ladder.allow_stop = true;
  for (const Rung rung : {Rung::trim, Rung::unload_idle, Rung::shrink, Rung::reclaim, Rung::offload,
                          Rung::spill, Rung::evict, Rung::freeze, Rung::stop}) {
    scene.offer("a", rung, {{kGpu0, -2_GiB}});
  }
  return scene;
}

/// The rungs taken one after another while each gives nothing.
std::vector<std::string> climb(Scene scene) {
  std::vector<std::string> rungs;
  for (int i = 0; i < 30; ++i) {
    const auto steps = scene.measures();
    if (steps.empty()) break;
    rungs.push_back(std::string(name(scene.last().rung)));
    scene.settle(scene.last(), {.step = scene.last().id, .measured = {{kGpu0, 0_B}}});
  }
  return rungs;
}

TEST(Ladder, EachLevelClimbsAsFarAsItMay) {
  EXPECT_THAT(climb(able(Level::normal)), IsEmpty());
  EXPECT_THAT(climb(able(Level::warning)), ElementsAre("trim"));
  EXPECT_THAT(climb(able(Level::critical)), ElementsAre("trim", "unload_idle", "shrink"));
  EXPECT_THAT(climb(able(Level::emergency)), ElementsAre("trim", "unload_idle", "shrink", "reclaim",
                                                         "offload", "spill", "evict", "freeze"));
}

TEST(Ladder, StrategiesAloneAreEachTaken) {
  for (const Rung rung : {Rung::trim, Rung::unload_idle, Rung::shrink, Rung::reclaim, Rung::offload,
                          Rung::spill, Rung::evict, Rung::freeze}) {
    Scene scene = able(Level::emergency);
    std::erase_if(scene.offers, [&](const Offer& offer) { return offer.rung != rung; });
    EXPECT_THAT(scene.measures(), ElementsAre(std::string(name(rung)) + " a"));
    EXPECT_THAT(scene.last().reason, HasSubstr("vram:0 at 50 % (emergency): 1 GiB must come back"));
    EXPECT_EQ(scene.last().target, 1_GiB);
    EXPECT_EQ(scene.last().deadline, 5s);
  }
}

TEST(Ladder, TrimsAreRepeatedThreeTimesAtCriticalWhileTheyGive) {
  Scene scene = able(Level::critical);
  std::erase_if(scene.offers, [](const Offer& offer) { return offer.rung > Rung::unload_idle; });
  scene.offers[0].changes = {{kGpu0, -100_MiB}};
  std::vector<std::string> rungs;
  for (int i = 0; i < 4; ++i) {
    rungs.push_back(scene.measures().at(0));
    scene.succeed(scene.last());
  }
  EXPECT_THAT(rungs, ElementsAre("trim a", "trim a", "trim a", "unload_idle a"));
  scene.offers.pop_back();
  EXPECT_THAT(scene.measures(), IsEmpty());
  EXPECT_EQ(scene.declined("a"), "trimmed 3 times already, which is the most at critical");
}

TEST(Ladder, SaysEveryChangeOfLevelOnce) {
  Scene scene;
  scene.pool(kGpu0, Level::normal);
  EXPECT_THAT(scene.decide().steps, IsEmpty());
  scene.pool_at(kGpu0).level = Level::critical;
  scene.pool_at(kGpu0).evidence = "91 GiB of 100 GiB in use";
  ASSERT_THAT(scene.decide().steps, SizeIs(1));
  EXPECT_EQ(scene.last().rung, Rung::notify);
  EXPECT_EQ(scene.last().action, "notify");
  EXPECT_EQ(scene.last().reason, "vram:0 went from normal to critical: 91 GiB of 100 GiB in use");
  EXPECT_THAT(scene.decide().steps, IsEmpty());
  scene.pool_at(kGpu0).level = Level::normal;
  ASSERT_THAT(scene.decide().steps, SizeIs(1));
  EXPECT_EQ(scene.last().level, Level::normal);
}

TEST(Ladder, SaysOncePerLevelThatNothingIsLeft) {
  Scene scene;
  scene.pool(kGpu0, Level::critical, 3_GiB);
  scene.tenant("a");
  EXPECT_THAT(scene.decide().steps, SizeIs(2));
  EXPECT_EQ(scene.last().detail, "exhausted");
  EXPECT_THAT(scene.last().reason,
              HasSubstr("nothing is left to take up to shrink, and 3 GiB more must come back"));
  for (int i = 0; i < 100; ++i) EXPECT_THAT(scene.decide().steps, IsEmpty());
  EXPECT_THAT(scene.plan.declined, SizeIs(1));
  scene.pool_at(kGpu0).level = Level::emergency;
  EXPECT_THAT(scene.decide().steps, SizeIs(2));
  EXPECT_THAT(scene.decide().steps, IsEmpty());
}

TEST(Ladder, OneStepPerPoolIsUnderWayAtATime) {
  Scene scene;
  scene.pool(kGpu0, Level::critical, 9_GiB);
  scene.pool(kGpu1, Level::critical, 9_GiB);
  for (const char* id : {"a", "b", "c"}) scene.tenant(id);
  scene.offer("a", Rung::shrink, {{kGpu0, -1_GiB}});
  scene.offer("b", Rung::shrink, {{kGpu0, -1_GiB}});
  scene.offer("c", Rung::shrink, {{kGpu1, -1_GiB}});
  EXPECT_THAT(scene.measures(), ElementsAre("shrink a", "shrink c"));
  EXPECT_THAT(scene.measures(), IsEmpty());
  EXPECT_EQ(scene.plan.steps.size(), 0);
}

TEST(Ladder, AHungTrimDoesNotHoldUpAnEmergency) {
  Scene scene;
  scene.pool(kGpu0, Level::warning, 1_GiB);
  scene.pool(kRam, Level::normal, {}, 50_GiB);
  scene.tenant("a");
  scene.tenant("b");
  scene.offer("a", Rung::trim, {{kGpu0, -1_GiB}});
  scene.offer("b", Rung::offload, {{kGpu0, -5_GiB}, {kRam, 5_GiB}});
  EXPECT_THAT(scene.measures(), ElementsAre("trim a"));
  scene.pool_at(kGpu0).level = scene.assessment.level = Level::emergency;
  EXPECT_THAT(scene.measures(), ElementsAre("offload b"));
}

TEST(Ladder, AStepForOnePoolCountsForTheOther) {
  Scene scene;
  const PoolId group{"cgroup:/a"};
  scene.pool(kRam, Level::critical, 1_GiB);
  scene.pool(group, Level::emergency, 1_GiB);
  scene.tenant("a");
  scene.tenant("b");
  scene.offer("a", Rung::shrink, {{kRam, -2_GiB}, {group, -2_GiB}});
  scene.offer("b", Rung::shrink, {{kRam, -2_GiB}});
  EXPECT_THAT(scene.measures(), ElementsAre("shrink a"));
}

TEST(Ladder, NothingIsTakenOnAGuess) {
  Scene scene = able(Level::emergency);
  scene.pool_at(kGpu0).unknown_since = 9s;
  EXPECT_THAT(scene.measures(), IsEmpty());
  EXPECT_EQ(scene.plan.declined.at(0).why, "not read for 9 s: nothing is taken on a guess");
}

TEST(Ladder, ShutdownPreservesEverybodyFirstOnceThenRefusesThenStops) {
  Scene scene;
  scene.pool(kGpu0, Level::shutdown, 4_GiB);
  scene.policy.ladder.allow_stop = true;
  scene.tenant("a").stop_allowed = true;
  scene.tenant("b").pinned = true;
  for (const char* id : {"a", "b"}) scene.offer(id, Rung::preserve, {});
  scene.offer("a", Rung::stop, {{kGpu0, -8_GiB}});
  EXPECT_THAT(scene.measures(), ElementsAre("preserve a", "preserve b", "refuse"));
  const auto asked = scene.plan.steps;
  EXPECT_EQ(asked[0].deadline, 2s);
  EXPECT_THAT(scene.measures(), IsEmpty());  // a is still at it, and so nothing is exhausted
  scene.settle(asked[0], {.step = asked[0].id});
  EXPECT_THAT(scene.measures(), IsEmpty());  // b is
  EXPECT_EQ(scene.declined("a"), "state is being preserved first");
  scene.settle(asked[1], {.step = asked[1].id});
  EXPECT_THAT(scene.measures(), ElementsAre("stop a"));
  scene.succeed(scene.last());
  scene.pool_at(kGpu0).level = scene.assessment.level = Level::critical;
  scene.pool_at(kGpu0).excess = {};
  EXPECT_THAT(scene.measures(), ElementsAre("restore refuse"));
  scene.pool_at(kGpu0).level = scene.assessment.level = Level::shutdown;
  EXPECT_THAT(scene.measures(), ElementsAre("preserve a", "preserve b", "refuse"));
}

TEST(Ladder, StopsOnlyWhoAgreedAndOnlyWhenSwitchedOn) {
  Scene scene;
  scene.pool(kGpu0, Level::shutdown, 4_GiB);
  scene.tenant("a").stop_allowed = true;
  scene.tenant("b");
  for (const char* id : {"a", "b"}) scene.offer(id, Rung::stop, {{kGpu0, -8_GiB}});
  EXPECT_THAT(scene.measures(), ElementsAre("refuse"));
  EXPECT_EQ(scene.declined("a"), "stopping is switched off");
  scene.policy.ladder.allow_stop = true;
  EXPECT_THAT(scene.measures(), ElementsAre("stop a"));
  EXPECT_EQ(scene.declined("b"), "it has not agreed to be stopped");
}

TEST(Ladder, FreezesTheBiggestHolderAndThenWaits) {
  Scene scene;
  scene.pool(kRam, Level::emergency, 2_GiB);
  for (const char* id : {"a", "b"}) {
    scene.tenant(id).holds = {{kRam, id[0] == 'a' ? 1_GiB : 9_GiB}};
    scene.offer(id, Rung::freeze, {});
  }
  scene.tenant("elsewhere").holds = {{kGpu0, 50_GiB}};
  scene.offer("elsewhere", Rung::freeze, {});
  EXPECT_THAT(scene.measures(), ElementsAre("freeze b"));
  scene.settle(scene.last(), {.step = scene.last().id});
  EXPECT_THAT(scene.measures(), IsEmpty());
  scene.pool_at(kRam).excess = 3_GiB;  // it grows on
  EXPECT_THAT(scene.measures(), ElementsAre("freeze a"));
}

TEST(Ladder, APoolThatVanishesAtShutdownRefusesNoLonger) {
  Scene scene;
  scene.pool(kGpu0, Level::shutdown, 1_GiB);
  EXPECT_THAT(scene.measures(), ElementsAre("refuse"));
  scene.assessment = {};
  EXPECT_THAT(scene.measures(), ElementsAre("restore refuse"));
  EXPECT_TRUE(scene.state.pools.empty());
}

}  // namespace
}  // namespace spillway
