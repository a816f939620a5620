#include "decide/restore.h"

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

/// Calm pools with room, and tenants that were moved an hour ago.
Scene calm() {
  Scene scene;
  scene.pool(kGpu0, Level::normal, {}, 10_GiB);
  scene.pool(kRam, Level::normal, {}, 10_GiB);
  scene.decide();
  scene.now += 1h;
  return scene;
}

Taken& take(Scene& scene, const std::string& id, Rung rung, Bytes bytes, PoolId away = kRam) {
  Taken taken{.rung = rung,
              .action = std::string(name(rung)),
              .detail = "cpu",
              .changes = {{kGpu0, -bytes}, {away, bytes}},
              .since = scene.now - 1h};
  return scene.tenant_at(id).taken.emplace_back(std::move(taken));
}

TEST(Restore, TheCostliestRungThenTheHigherPriorityThenTheNameOneAtATime) {
  Scene scene = calm();
  scene.tenant("a", 0);
  scene.tenant("b", 5);
  scene.tenant("c", 5);
  scene.tenant("d", 9);
  take(scene, "a", Rung::offload, 1_GiB);
  take(scene, "b", Rung::shrink, 1_GiB);
  take(scene, "b", Rung::offload, 1_GiB);
  take(scene, "c", Rung::offload, 1_GiB);
  take(scene, "d", Rung::shrink, 1_GiB);
  std::vector<std::string> order;
  for (int i = 0; i < 5; ++i) {
    const auto measures = scene.measures();
    ASSERT_EQ(measures.size(), 1);
    order.push_back(measures[0]);
    EXPECT_THAT(scene.measures(), IsEmpty());  // one at a time
    const Step step = scene.plan.steps.empty() ? Step{} : scene.last();
    auto& flight = scene.state.flights.at(0);
    auto& taken = scene.tenant_at(flight.tenant.text).taken;
    std::erase_if(taken, [&](const Taken& t) { return t.rung == flight.rung; });
    const Step running{.id = flight.step,
                       .direction = Direction::restore,
                       .rung = flight.rung,
                       .tenant = flight.tenant,
                       .estimate = flight.estimate};
    scene.settle(running,
                 {.step = running.id, .claimed = running.estimate, .measured = running.estimate});
    EXPECT_THAT(scene.measures(), IsEmpty());  // and not without a pause
    scene.now += 500ms;
  }
  EXPECT_THAT(order, ElementsAre("restore offload b", "restore offload c", "restore offload a",
                                 "restore shrink d", "restore shrink b"));
}

TEST(Restore, NamesWhereTheBytesGo) {
  Scene scene = calm();
  scene.tenant("a");
  take(scene, "a", Rung::offload, 4_GiB);
  EXPECT_THAT(scene.measures(), ElementsAre("restore offload a"));
  EXPECT_EQ(scene.last().pool, kGpu0);
  EXPECT_EQ(scene.last().target, 4_GiB);
  EXPECT_EQ(scene.last().detail, "cpu");
  EXPECT_EQ(scene.last().reason, "taken 60 min ago; 4 GiB fit into vram:0 again, which is at 50 %");
  EXPECT_GT(scene.last().deadline, 30s);  // 4 GiB may have to come from a slow disk
}

TEST(Restore, NeverBeyondTheWarningExit) {
  Scene scene = calm();
  scene.tenant("a");
  take(scene, "a", Rung::offload, 11_GiB);
  EXPECT_THAT(scene.measures(), IsEmpty());
  EXPECT_EQ(scene.declined("a"),
            "not given back: needs 11 GiB in vram:0, which has room for 10 GiB below its warning "
            "level");
}

TEST(Restore, WhatAnotherRestoreStillChargesIsNotGivenTwice) {
  Scene scene = calm();
  scene.tenant("a");
  scene.tenant("b");
  take(scene, "a", Rung::offload, 6_GiB);
  take(scene, "b", Rung::offload, 6_GiB);
  EXPECT_THAT(scene.measures(), ElementsAre("restore offload a"));
  const Step step = scene.last();
  scene.tenant_at("a").taken.clear();
  scene.settle(step, {.step = step.id, .claimed = step.estimate, .measured = {{kGpu0, 0_B}}});
  scene.now += 1s;  // its pages are touched later: the pool looks as empty as before
  EXPECT_THAT(scene.measures(), IsEmpty());
  EXPECT_THAT(scene.declined("b"), HasSubstr("room for 4 GiB"));
}

TEST(Restore, OnlyAfterACalmWhileInEveryPoolConcerned) {
  Scene scene = calm();
  scene.tenant("a");
  take(scene, "a", Rung::offload, 1_GiB);
  scene.pool_at(kGpu0).relaxed = false;
  scene.pool_at(kGpu0).share = 0.7;
  EXPECT_THAT(scene.measures(), IsEmpty());
  EXPECT_EQ(scene.declined("a"),
            "not given back: vram:0 is at 70 % (normal), giving back begins below 60 %");
  scene.pool_at(kGpu0).relaxed = true;
  EXPECT_THAT(scene.measures(), IsEmpty());
  scene.now += 2s;
  EXPECT_THAT(scene.measures(), IsEmpty());
  EXPECT_THAT(scene.declined("a"), HasSubstr("relaxed for only 2 s of 3 s"));
  scene.now += 1s;
  EXPECT_THAT(scene.measures(), ElementsAre("restore offload a"));
}

TEST(Restore, NotWhileItsPoolIsUnknownGoneOrWanted) {
  Scene scene = calm();
  scene.tenant("a");
  take(scene, "a", Rung::offload, 1_GiB);
  Scene blind = scene;
  blind.pool_at(kGpu0).unknown_since = 12s;
  EXPECT_THAT(blind.measures(), IsEmpty());
  EXPECT_THAT(blind.declined("a"), HasSubstr("vram:0 is not read for 12 s"));
  Scene gone = scene;
  gone.tenant_at("a").taken[0].changes[0].pool = kGpu1;
  EXPECT_THAT(gone.measures(), IsEmpty());
  EXPECT_THAT(gone.declined("a"), HasSubstr("nothing is known of vram:1"));
  scene.demands.push_back({.id = 1, .pool = kGpu0, .bytes = 1_GiB});
  scene.decide();
  EXPECT_THAT(scene.declined("a"), HasSubstr("somebody asked for memory in vram:0"));
}

TEST(Restore, HoldsBackWhatWasTakenJustNowAndWhoeverIsNotThere) {
  Scene scene = calm();
  scene.tenant("a");
  scene.tenant("b").connected = false;
  take(scene, "a", Rung::offload, 1_GiB).since = scene.now - 1s;
  take(scene, "b", Rung::offload, 1_GiB);
  EXPECT_THAT(scene.measures(), IsEmpty());
  EXPECT_EQ(scene.declined("a"), "not given back: taken only 1 s ago");
  EXPECT_EQ(scene.declined("b"), "not given back: its program is not connected");
  scene.policy.restore.enabled = false;
  scene.decide();
  EXPECT_EQ(scene.declined("a"), "not given back: giving back is switched off");
}

TEST(Restore, AFailedOneWaits) {
  Scene scene = calm();
  scene.tenant("a");
  take(scene, "a", Rung::offload, 1_GiB);
  scene.measures();
  const Step step = scene.last();
  scene.settle(step, {.step = step.id, .status = StepStatus::failed, .error = "no file"});
  scene.now += 30s;
  EXPECT_THAT(scene.measures(), IsEmpty());
  EXPECT_EQ(scene.declined("a"), "not given back: left alone for another 30 s");
  scene.now += 31s;
  EXPECT_THAT(scene.measures(), ElementsAre("restore offload a"));
}

TEST(Restore, CachesDoNotComeBack) {
  Scene scene = calm();
  scene.tenant("a");
  take(scene, "a", Rung::trim, 1_GiB);
  EXPECT_THAT(scene.measures(), IsEmpty());
  EXPECT_THAT(scene.plan.declined, IsEmpty());
}

TEST(Thaw, AsSoonAsThePressureIsBelowFreezingLevel) {
  Scene scene;
  scene.pool(kRam, Level::emergency, 1_GiB);
  scene.tenant("a").holds = {{kRam, 5_GiB}};
  scene.tenant_at("a").taken = {{Rung::freeze, "freeze", "", {}, scene.now}};
  EXPECT_THAT(scene.measures(), IsEmpty());
  EXPECT_EQ(scene.plan.declined.back().why, "stays frozen while its memory is at emergency");
  scene.pool_at(kRam).level = scene.assessment.level = Level::critical;
  EXPECT_THAT(scene.measures(), ElementsAre("restore freeze a"));
}

TEST(Thaw, DoesNotWaitForAnythingElse) {
  Scene scene;
  scene.policy.restore.enabled = false;
  scene.pool(kRam, Level::critical, 0_GiB);
  scene.pool(kGpu0, Level::shutdown, 1_GiB);  // another pool's trouble
  scene.tenant("a").holds = {{kRam, 5_GiB}};
  scene.tenant_at("a").connected = false;
  scene.tenant_at("a").taken = {{Rung::offload, "offload", "", {{kGpu0, -1_GiB}}, scene.now},
                                {Rung::freeze, "freeze", "", {}, scene.now}};
  scene.state.tenants[{"a"}].quarantined_until = scene.now + 1h;
  EXPECT_THAT(scene.measures(), ElementsAre("refuse", "restore freeze a"));
}

TEST(Thrash, WhatHadToBeTakenAgainThreeTimesStaysAway) {
  Scene scene = calm();
  scene.tenant("a");
  for (int round = 0; round < 4; ++round) {
    scene.pool_at(kGpu0).level = scene.assessment.level = Level::emergency;
    scene.pool_at(kGpu0).excess = 1_GiB;
    scene.pool_at(kGpu0).relaxed = false;
    scene.offer("a", Rung::offload, {{kGpu0, -1_GiB}, {kRam, 1_GiB}});
    ASSERT_THAT(scene.measures(), ElementsAre("offload a"));
    scene.succeed(scene.last());
    take(scene, "a", Rung::offload, 1_GiB);
    scene.offers.clear();
    scene.pool_at(kGpu0).level = scene.assessment.level = Level::normal;
    scene.pool_at(kGpu0).excess = {};
    scene.pool_at(kGpu0).relaxed = true;
    scene.decide();
    scene.now += 10s;
    if (round == 3) break;
    ASSERT_THAT(scene.measures(), ElementsAre("restore offload a")) << round;
    scene.succeed(scene.last());
    scene.tenant_at("a").taken.clear();
    scene.now += 60s;
  }
  EXPECT_THAT(scene.measures(), IsEmpty());
  EXPECT_EQ(
      scene.declined("a"),
      "not given back: had to be taken back 3 times within 10 min; stays as it is for another "
      "14.8 min");
  scene.now += 15min;
  EXPECT_THAT(scene.measures(), ElementsAre("restore offload a"));
}

TEST(Thrash, AFrozenOneIsLeftRunningInstead) {
  Scene scene;
  scene.pool(kRam, Level::emergency, 1_GiB);
  scene.tenant("a").holds = {{kRam, 5_GiB}};
  scene.state.tenants[{"a"}].thrashing_until = scene.now + 5min;
  scene.offer("a", Rung::freeze, {});
  EXPECT_THAT(scene.measures(), IsEmpty());
  EXPECT_EQ(scene.declined("a"), "frozen and thawed too often; left running for another 5 min");
}

}  // namespace
}  // namespace spillway
