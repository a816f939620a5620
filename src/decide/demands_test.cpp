#include "decide/demands.h"

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

Scene quiet() {
  Scene scene;
  scene.pool(kGpu0, Level::normal, {}, 10_GiB);
  scene.pool(kRam, Level::normal, {}, 10_GiB);
  for (const char* id : {"a", "b", "c"}) {
    scene.tenant(id).holds = {{kGpu0, 4_GiB}};
    scene.offer(id, Rung::trim, {{kGpu0, -1_GiB}});
    scene.offer(id, Rung::offload, {{kGpu0, -3_GiB}, {kRam, 3_GiB}});
  }
  return scene;
}

Demand& ask(Scene& scene, Demand demand) {
  demand.id = scene.demands.size() + 1;
  demand.reason = "spillway free";
  return scene.demands.emplace_back(std::move(demand));
}

std::string refused(const Scene& scene) {
  return scene.plan.refused.empty() ? "" : scene.plan.refused[0].second;
}

TEST(Demand, OfAPoolIsServedAtAnyLevelStepByStepUntilMet) {
  Scene scene = quiet();
  ask(scene, {.pool = kGpu0, .bytes = 5_GiB});
  EXPECT_THAT(scene.measures(), ElementsAre("trim a"));
  EXPECT_EQ(scene.last().demand, 1);
  EXPECT_EQ(scene.last().reason,
            "asked by spillway free: 5 GiB must come back; trim of a should give 1 GiB");
  const Step first = scene.last();
  EXPECT_THAT(scene.measures(), IsEmpty());
  scene.succeed(first);
  for (const char* next : {"trim b", "trim c", "offload a"}) {
    EXPECT_THAT(scene.measures(), ElementsAre(next));
    scene.succeed(scene.last());
    EXPECT_THAT(scene.plan.settled, IsEmpty());
  }
  EXPECT_THAT(scene.measures(), IsEmpty());
  EXPECT_THAT(scene.plan.settled, ElementsAre(1));
}

TEST(Demand, CountsWhatWasMeasuredAndWaitsForWhatIsLate) {
  Scene scene = quiet();
  ask(scene, {.pool = kGpu0, .bytes = 1_GiB});
  scene.measures();
  const Step step = scene.last();
  scene.settle(step, {.step = step.id, .claimed = step.estimate, .measured = {{kGpu0, 0_B}}});
  EXPECT_THAT(scene.measures(), IsEmpty());
  EXPECT_THAT(scene.plan.settled, IsEmpty());
  scene.now += 5s;
  scene.pool_at(kGpu0).used = 49_GiB;  // there it is
  EXPECT_THAT(scene.measures(), IsEmpty());
  EXPECT_THAT(scene.plan.settled, ElementsAre(1));
}

TEST(Demand, GoesOnWhenWhatWasPromisedNeverComes) {
  Scene scene = quiet();
  ask(scene, {.pool = kGpu0, .bytes = 1_GiB});
  scene.measures();
  const Step step = scene.last();
  scene.settle(step, {.step = step.id, .claimed = step.estimate, .measured = {{kGpu0, 0_B}}});
  scene.decide();
  scene.now += 9s;
  EXPECT_THAT(scene.measures(), ElementsAre("trim b"));
}

TEST(Demand, NeverTakesFromTheAsker) {
  Scene scene = quiet();
  ask(scene, {.pool = kGpu0, .bytes = 90_GiB, .asker = TenantId{"a"}, .highest = Rung::trim});
  EXPECT_THAT(scene.measures(), ElementsAre("trim b"));
  scene.succeed(scene.last());
  EXPECT_THAT(scene.measures(), ElementsAre("trim c"));
  scene.succeed(scene.last());
  EXPECT_THAT(scene.measures(), IsEmpty());
  EXPECT_THAT(refused(scene), HasSubstr("nothing is left to take up to trim: 2 GiB of 90 GiB came "
                                        "back; a: the memory is for itself"));
}

TEST(Demand, OfAUserTouchesNobodyElsesTenants) {
  Scene scene = quiet();
  scene.tenant_at("b").uid = 1000;
  for (Tenant& tenant : scene.tenants) {
    tenant.taken = {{Rung::shrink, "shrink", "", {{kGpu0, -1_GiB}}, scene.now}};
  }
  Scene free = scene;
  ask(free, {.pool = kGpu0, .bytes = 90_GiB, .only_uid = 1000});
  EXPECT_THAT(free.measures(), ElementsAre("trim b"));
  EXPECT_EQ(free.declined("a"), "it belongs to another user");
  Scene all = scene;
  ask(all, {.direction = Direction::restore, .only_uid = 1000});
  EXPECT_THAT(all.measures(), ElementsAre("restore shrink b"));
  ask(scene, {.tenant = TenantId{"a"}, .only_uid = 1000});
  EXPECT_THAT(scene.measures(), IsEmpty());
  EXPECT_EQ(refused(scene), "a belongs to another user");
}

TEST(Demand, AProgramMayAskToBeMovedItself) {
  Scene scene = quiet();
  ask(scene, {.tenant = TenantId{"a"}, .asker = TenantId{"a"}});
  EXPECT_THAT(scene.measures(), ElementsAre("offload a"));
}

TEST(Demand, ToOffloadATenantDoesNotWaitForMemoryThatIsOnItsWay) {
  Scene scene = quiet();
  ask(scene, {.tenant = TenantId{"b"}});
  EXPECT_THAT(scene.measures(), ElementsAre("offload b"));
  scene.succeed(scene.last(), 0);  // others took what it gave, and it was brought back since
  scene.demands.clear();
  scene.decide();
  ask(scene, {.tenant = TenantId{"b"}}).id = 2;
  ask(scene, {.tenant = TenantId{"c"}}).id = 3;
  EXPECT_THAT(scene.measures(), ElementsAre("offload b", "offload c"));
}

TEST(Demand, ToOffloadATenantMovesItHoweverBusyAndKeepsItAway) {
  Scene scene = quiet();
  scene.tenant_at("b").last_used = scene.now;
  ask(scene, {.tenant = TenantId{"b"}});
  EXPECT_THAT(scene.measures(), ElementsAre("offload b"));
  EXPECT_EQ(scene.last().pool, kGpu0);
  const Step step = scene.last();
  scene.succeed(step);
  scene.tenant_at("b").taken = {{Rung::offload, "offload", "", step.estimate, scene.now}};
  scene.tenant_at("b").holds = {{kRam, 4_GiB}};
  EXPECT_THAT(scene.measures(), IsEmpty());
  EXPECT_THAT(scene.plan.settled, ElementsAre(1));
  scene.demands.clear();
  scene.decide();
  scene.now += 1h;
  EXPECT_THAT(scene.measures(), IsEmpty());
  EXPECT_EQ(scene.declined("b"), "not given back: moved on request, and stays until asked back");
  ask(scene, {.direction = Direction::restore, .tenant = TenantId{"b"}});
  EXPECT_THAT(scene.measures(), ElementsAre("restore offload b"));
  scene.succeed(scene.last());
  scene.tenant_at("b").taken.clear();
  EXPECT_THAT(scene.measures(), IsEmpty());
  EXPECT_THAT(scene.plan.settled, ElementsAre(1));
}

TEST(Demand, ToOffloadWhatIsOffloadedIsMet) {
  Scene scene = quiet();
  scene.offers.clear();
  scene.tenant_at("b").taken = {{Rung::offload, "offload", "", {}, scene.now}};
  ask(scene, {.tenant = TenantId{"b"}});
  scene.decide();
  EXPECT_THAT(scene.plan.settled, ElementsAre(1));
}

TEST(Demand, PrefersAMoveThenUnloadingThenAShrink) {
  Scene scene = quiet();
  scene.offers.clear();
  scene.offer("a", Rung::shrink, {{kGpu0, -1_GiB}});
  EXPECT_EQ(Scene(scene).measures().size(), 0);
  ask(scene, {.tenant = TenantId{"a"}});
  EXPECT_THAT(Scene(scene).measures(), ElementsAre("shrink a"));
  scene.tenant_at("a").busy = true;
  scene.offer("a", Rung::unload_idle, {{kGpu0, -4_GiB}});
  EXPECT_THAT(Scene(scene).measures(), ElementsAre("unload_idle a"));
  scene.offer("a", Rung::offload, {{kGpu0, -4_GiB}, {kRam, 4_GiB}});
  EXPECT_THAT(Scene(scene).measures(), ElementsAre("offload a"));
}

TEST(Demand, RestoresEvenInAFullerPoolButNotBeyondWarning) {
  Scene scene = quiet();
  scene.offers.clear();
  scene.pool_at(kGpu0).relaxed = false;
  scene.tenant_at("a").taken = {
      {Rung::offload, "offload", "", {{kGpu0, -9_GiB}, {kRam, 9_GiB}}, scene.now}};
  ask(scene, {.direction = Direction::restore, .tenant = TenantId{"a"}});
  EXPECT_THAT(Scene(scene).measures(), ElementsAre("restore offload a"));
  scene.pool_at(kGpu0).room = 8_GiB;
  EXPECT_THAT(scene.measures(), IsEmpty());
  EXPECT_EQ(refused(scene),
            "a needs 9 GiB in vram:0, which has room for 8 GiB below its warning "
            "level");
}

TEST(Demand, RestoresEverythingOneAfterAnotherAndNamesWhatFailed) {
  Scene scene = quiet();
  scene.offers.clear();
  for (const char* id : {"a", "b"}) {
    scene.tenant_at(id).taken = {{Rung::offload, "offload", "", {{kGpu0, -1_GiB}}, scene.now}};
  }
  ask(scene, {.direction = Direction::restore});
  EXPECT_THAT(scene.measures(), ElementsAre("restore offload a"));
  const Step first = scene.last();
  scene.settle(first, {.step = first.id, .status = StepStatus::failed, .error = "no file"});
  EXPECT_THAT(scene.measures(), ElementsAre("restore offload b"));
  scene.succeed(scene.last());
  scene.tenant_at("b").taken.clear();
  EXPECT_THAT(scene.measures(), IsEmpty());
  EXPECT_EQ(refused(scene), "giving back failed: a failed (no file)");
}

TEST(Demand, ADryRunNamesAllStepsAndLeavesNoTrace) {
  Scene scene = quiet();
  ask(scene, {.pool = kGpu0, .bytes = 8_GiB, .dry_run = true});
  LadderState before = scene.state;
  EXPECT_THAT(scene.measures(),
              ElementsAre("trim a", "trim b", "trim c", "offload a", "offload b"));
  EXPECT_THAT(scene.plan.settled, ElementsAre(1));
  for (const Step& step : scene.plan.steps) EXPECT_EQ(step.demand, 1);
  EXPECT_TRUE(scene.state.flights.empty());
  EXPECT_TRUE(scene.state.tenants.empty());
  scene.demands[0].dry_run = false;
  EXPECT_THAT(scene.measures(), ElementsAre("trim a"));
}

TEST(Demand, ADryRunSaysWhatIsMissing) {
  Scene scene = quiet();
  scene.pool_at(kRam).room = 4_GiB;  // for one of them
  ask(scene, {.pool = kGpu0, .bytes = 50_GiB, .dry_run = true});
  EXPECT_THAT(scene.measures(), SizeIs(4));
  EXPECT_EQ(refused(scene), "only 6 GiB of 50 GiB could come back up to offload");
}

TEST(Demand, IsRefusedWithTheReason) {
  const auto answer = [](Demand demand) {
    Scene scene = quiet();
    scene.tenant_at("c").pinned = true;
    ask(scene, std::move(demand));
    scene.decide();
    EXPECT_THAT(scene.plan.steps, IsEmpty());
    return refused(scene);
  };
  EXPECT_EQ(answer({}), "it names neither a pool nor a tenant");
  EXPECT_EQ(answer({.pool = kGpu0}), "it names no amount");
  EXPECT_EQ(answer({.pool = kGpu0, .bytes = -1_GiB}), "an amount cannot be negative");
  EXPECT_EQ(answer({.pool = kGpu1, .bytes = 1_GiB}), "there is no pool vram:1");
  EXPECT_EQ(answer({.tenant = TenantId{"nobody"}}), "there is no tenant nobody");
  EXPECT_EQ(answer({.tenant = TenantId{"c"}}), "c is pinned");
  EXPECT_EQ(answer({.direction = Direction::restore, .tenant = TenantId{"x"}}),
            "there is no tenant x");
}

TEST(Demand, EndsWithItsDeadline) {
  Scene scene = quiet();
  ask(scene, {.pool = kGpu0, .bytes = 5_GiB, .deadline = scene.now + 2s});
  scene.measures();
  scene.succeed(scene.last());
  scene.now += 2s;
  EXPECT_THAT(scene.measures(), IsEmpty());
  EXPECT_EQ(refused(scene), "not within the time given: 1 GiB of 5 GiB came back");
}

TEST(Demand, WhatWasTakenForItIsNotGivenBackAtOnce) {
  Scene scene = quiet();
  scene.offers = {scene.offers[1]};
  ask(scene, {.pool = kGpu0, .bytes = 3_GiB});
  ASSERT_THAT(scene.measures(), ElementsAre("offload a"));
  const Step step = scene.last();
  scene.succeed(step);
  scene.tenant_at("a").taken = {{Rung::offload, "offload", "", step.estimate, scene.now}};
  scene.demands.clear();
  scene.offers.clear();
  for (int second = 0; second < 29; ++second) {
    EXPECT_THAT(scene.measures(), IsEmpty());
    scene.now += 1s;
  }
  scene.now += 2s;
  EXPECT_THAT(scene.measures(), ElementsAre("restore offload a"));
}

TEST(WantsOffers, WhenSomethingIsShortOrDemandedAndSomebodyIsThere) {
  Scene scene = quiet();
  const auto wants = [&] {
    return wants_offers(scene.assessment, scene.tenants, scene.demands, scene.state);
  };
  EXPECT_FALSE(wants());
  ask(scene, {.direction = Direction::restore});
  EXPECT_FALSE(wants());
  ask(scene, {.pool = kGpu0, .bytes = 1_GiB});
  EXPECT_TRUE(wants());
  scene.demands.clear();
  scene.pool_at(kGpu0).level = Level::critical;
  EXPECT_FALSE(wants());
  scene.pool_at(kGpu0).excess = 1_GiB;
  EXPECT_TRUE(wants());
  scene.decide();  // its step is under way now
  EXPECT_FALSE(wants());
  scene.pool_at(kGpu0).level = Level::emergency;
  EXPECT_TRUE(wants());
  scene.tenants.clear();
  EXPECT_FALSE(wants());
}

}  // namespace
}  // namespace spillway
