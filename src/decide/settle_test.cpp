#include <gmock/gmock.h>

#include "decide/scene_test.h"

namespace spillway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kGpu0;
using ::testing::Optional;
using testing::Scene;

/// A shrink of "a" for 2 GiB is under way; "b" could trim 1 GiB of cache.
Scene shrinking() {
  Scene scene;
  scene.pool(kGpu0, Level::critical, 2_GiB);
  scene.tenant("a");
  scene.tenant("b", 5);
  scene.offer("a", Rung::shrink, {{kGpu0, -2_GiB}});
  scene.offer("b", Rung::shrink, {{kGpu0, -2_GiB}});
  scene.decide();
  return scene;
}

Outcome seen(const Step& step, Bytes claimed, Bytes freed) {
  return {.step = step.id, .claimed = {{kGpu0, -claimed}}, .measured = {{kGpu0, -freed}}};
}

double yield_of(const Scene& scene, const std::string& tenant) {
  return *scene.state.tenants.at({tenant}).actions.at("shrink").yield;
}

TEST(Settle, LearnsTheYieldWithTheNewestHalf) {
  Scene scene = shrinking();
  scene.settle(scene.last(), seen(scene.last(), 2_GiB, 1_GiB));
  EXPECT_EQ(scene.state.arrivals.size(), 1);  // the rest may be late
  scene.pool_at(kGpu0).excess = 1_GiB;
  scene.decide();
  scene.now += 8s;
  ASSERT_THAT(scene.measures(), ElementsAre("shrink a"));
  EXPECT_NEAR(yield_of(scene, "a"), 0.5, 0.01);
  EXPECT_THAT(scene.last().reason, HasSubstr("should give 1 GiB"));
  scene.settle(scene.last(), seen(scene.last(), 2_GiB, 2_GiB));
  EXPECT_NEAR(yield_of(scene, "a"), 0.75, 0.01);
  EXPECT_THAT(scene.state.flights, IsEmpty());
}

TEST(Settle, AYieldIsAtMostOneAndAHalf) {
  Scene scene = shrinking();
  scene.settle(scene.last(), seen(scene.last(), 1_GiB, 50_GiB));
  EXPECT_NEAR(yield_of(scene, "a"), 1.5, 0.01);
}

TEST(Settle, WhoClaimsNothingIsJudgedByItsEstimate) {
  Scene scene = shrinking();
  const Step step = scene.last();
  scene.settle(step, {.step = step.id, .measured = {{kGpu0, 0_B}}});
  EXPECT_NEAR(yield_of(scene, "a"), 0, 0.01);
  EXPECT_THAT(scene.state.arrivals, IsEmpty());
  EXPECT_THAT(scene.measures(), ElementsAre("shrink b"));  // at once: nothing is to be waited for
}

TEST(Settle, ATrimThatGivesAllThatWasWantedIsNoLiar) {
  Scene scene = shrinking();
  const Step step = scene.last();
  Step bigger = step;
  bigger.estimate = {{kGpu0, -8_GiB}};
  scene.settle(bigger,
               {.step = step.id, .claimed = {{kGpu0, -2_GiB}}, .measured = {{kGpu0, -2_GiB}}});
  EXPECT_NEAR(yield_of(scene, "a"), 1, 0.01);
}

TEST(Settle, AnUnmeasuredPoolTeachesNothing) {
  Scene scene = shrinking();
  const Step step = scene.last();
  scene.settle(step, {.step = step.id, .claimed = step.estimate});
  scene.pool_at(kGpu0).unknown_since = 3s;
  scene.decide();
  scene.now += 20s;
  scene.decide();
  EXPECT_THAT(scene.state.arrivals, IsEmpty());
  EXPECT_TRUE(scene.state.tenants.empty() ||
              !scene.state.tenants.at({"a"}).actions["shrink"].yield);
}

TEST(Settle, AHungTenantIsQuarantinedWhole) {
  Scene scene = shrinking();
  scene.settle(scene.last(), {.step = scene.last().id, .status = StepStatus::timed_out});
  scene.offer("a", Rung::trim, {{kGpu0, -1_GiB}});
  EXPECT_THAT(scene.measures(), ElementsAre("shrink b"));
  EXPECT_THAT(scene.declined("a"), HasSubstr("left alone for another 60 s"));
}

TEST(Settle, AThrowingMeasureCostsNothingMoreThanItself) {
  Scene scene = shrinking();
  const Step step = scene.last();
  scene.settle(step, {.step = step.id, .status = StepStatus::failed, .error = "boom"});
  EXPECT_THAT(scene.measures(), ElementsAre("shrink b"));
  EXPECT_EQ(scene.declined("a"), "failed (boom); not asked for another 60 s");
  scene.succeed(scene.last(), 0);
  scene.offer("a", Rung::trim, {{kGpu0, -2_GiB}});
  scene.now += 9s;
  EXPECT_THAT(scene.measures(), ElementsAre("trim a"));
}

TEST(Settle, ASkippedMeasureIsNotAskedAgainAtOnce) {
  Scene scene = shrinking();
  scene.settle(scene.last(), {.step = scene.last().id, .status = StepStatus::skipped});
  EXPECT_THAT(Scene(scene).measures(), ElementsAre("shrink b"));
  scene.now += 1s;
  EXPECT_THAT(scene.measures(), ElementsAre("shrink a"));
}

TEST(Settle, ARehearsalCountsAsPromisedAndTeachesNothing) {
  Scene scene = shrinking();
  const Step step = scene.last();
  scene.settle(step, {.step = step.id, .status = StepStatus::dry_run});
  EXPECT_THAT(scene.measures(), IsEmpty());
  scene.now += 9s;
  EXPECT_THAT(scene.measures(), ElementsAre("shrink a"));
}

TEST(Settle, TwiceOrUnknownIsHarmless) {
  Scene scene = shrinking();
  const Step step = scene.last();
  scene.succeed(step);
  const LadderState once = scene.state;
  scene.succeed(step);
  EXPECT_EQ(scene.state, once);
  scene.settle({.id = 999}, {.step = 999, .status = StepStatus::timed_out});
  EXPECT_EQ(scene.state, once);
}

TEST(Arrivals, ARiseAboveTheLevelDropsTheCredit) {
  Scene scene = shrinking();
  scene.settle(scene.last(), seen(scene.last(), 2_GiB, 0_B));
  EXPECT_THAT(scene.measures(), IsEmpty());
  scene.pool_at(kGpu0).level = Level::emergency;
  EXPECT_THAT(scene.measures(), ElementsAre("shrink b"));
}

TEST(Arrivals, WhatWasPromisedForAShortageIsForgottenWithIt) {
  Scene scene = shrinking();
  scene.settle(scene.last(), seen(scene.last(), 2_GiB, 1_GiB));
  EXPECT_EQ(scene.state.arrivals.size(), 1);
  scene.pool_at(kGpu0).level = Level::normal;  // others gave the rest
  scene.pool_at(kGpu0).excess = {};
  scene.decide();
  EXPECT_THAT(scene.state.arrivals, IsEmpty());
  scene.now += 1s;
  scene.pool_at(kGpu0).level = Level::critical;
  scene.pool_at(kGpu0).excess = 1_GiB;
  EXPECT_THAT(scene.measures(), ElementsAre("shrink a"))
      << "the next shortage does not wait for it";
}

TEST(Arrivals, NoiseDoesNotAddUpToAnArrival) {
  Scene scene = shrinking();
  scene.settle(scene.last(), seen(scene.last(), 2_GiB, 0_B));
  for (int i = 0; i < 100; ++i) {
    scene.pool_at(kGpu0).used = 50_GiB - (i % 2 ? 100_MiB : 0_B);
    scene.decide();
    scene.now += 50ms;
  }
  ASSERT_EQ(scene.state.arrivals.size(), 1);
  EXPECT_EQ(scene.state.arrivals[0].outstanding, 2_GiB - 100_MiB);
}

TEST(Arrivals, WhatALaterStepFreedIsNotAnEarlierOnesArrival) {
  Scene scene = shrinking();
  scene.settle(scene.last(), seen(scene.last(), 2_GiB, 0_B));  // the liar
  scene.pool_at(kGpu0).excess = 4_GiB;
  ASSERT_THAT(scene.measures(), ElementsAre("shrink b"));
  scene.pool_at(kGpu0).used = 48_GiB;
  scene.succeed(scene.last());
  scene.decide();
  scene.now += 8s;
  scene.decide();
  EXPECT_NEAR(yield_of(scene, "a"), 0, 0.01);
  EXPECT_NEAR(yield_of(scene, "b"), 1, 0.01);
}

TEST(Forgetting, ATenantThatLeavesInTheMiddleOfItsStepHoldsUpNobody) {
  Scene scene = shrinking();
  std::erase_if(scene.tenants, [](const Tenant& tenant) { return tenant.id.text == "a"; });
  EXPECT_THAT(scene.measures(), ElementsAre("shrink b"));
}

TEST(Forgetting, StateOfTheVanishedGoes) {
  Scene scene = shrinking();
  scene.settle(scene.last(), {.step = scene.last().id, .status = StepStatus::timed_out});
  scene.tenants.clear();
  scene.assessment = {};
  scene.decide();
  EXPECT_TRUE(scene.state.tenants.empty());
  EXPECT_TRUE(scene.state.pools.empty());
  EXPECT_TRUE(scene.state.demands.empty());
}

}  // namespace
}  // namespace spillway
