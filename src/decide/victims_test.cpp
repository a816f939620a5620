#include "decide/victims.h"

#include <gmock/gmock.h>

#include <random>

#include "decide/scene_test.h"

namespace spillway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kGpu0;
using testing::kGpu1;
using testing::Scene;

Scene short_of(Bytes excess, Level level = Level::emergency) {
  Scene scene;
  scene.pool(kGpu0, level, excess);
  scene.pool(kRam, Level::normal, {}, 20_GiB);
  return scene;
}

void shrinks(Scene& scene, const std::string& id, Bytes gives) {
  scene.offer(id, Rung::shrink, {{kGpu0, -gives}});
}

TEST(Victims, TheLowestPriorityComesFirst) {
  Scene scene = short_of(1_GiB);
  scene.tenant("a", 10);
  scene.tenant("b", -1);
  scene.tenant("c", 5, 24h);
  for (const char* id : {"a", "b", "c"}) shrinks(scene, id, 1_GiB);
  EXPECT_THAT(scene.measures(), ElementsAre("shrink b"));
}

TEST(Victims, ThenTheLongestIdleAndTheBusyLast) {
  Scene scene = short_of(1_GiB);
  scene.tenant("a", 0, 10h).busy = true;
  scene.tenant("b", 0, 10s);
  scene.tenant("c", 0, 50s);
  for (const char* id : {"a", "b", "c"}) shrinks(scene, id, 1_GiB);
  EXPECT_THAT(scene.measures(), ElementsAre("shrink c"));
  scene.succeed(scene.last());
  scene.offers.pop_back();
  EXPECT_THAT(scene.measures(), ElementsAre("shrink b"));
  scene.succeed(scene.last());
  scene.offers.pop_back();
  EXPECT_THAT(scene.measures(), ElementsAre("shrink a"));
}

TEST(Victims, ThenTheSmallestThatCoversTheNeedElseTheBiggest) {
  Scene scene = short_of(2_GiB);
  for (const char* id : {"a", "b", "c", "d"}) scene.tenant(id);
  shrinks(scene, "a", 9_GiB);
  shrinks(scene, "b", 3_GiB);
  shrinks(scene, "c", 1_GiB);
  shrinks(scene, "d", 1.5_GiB);
  EXPECT_THAT(Scene(scene).measures(), ElementsAre("shrink b"));
  scene.pool_at(kGpu0).excess = 20_GiB;
  EXPECT_THAT(scene.measures(), ElementsAre("shrink a"));
}

TEST(Victims, ThenTheCheaperAndAtLastTheName) {
  Scene scene = short_of(1_GiB);
  for (const char* id : {"a", "b", "c"}) {
    scene.tenant(id);
    shrinks(scene, id, 1_GiB);
    scene.offers.back().cost_restore = 3s;
  }
  scene.offers[1].cost_give = 1ms;
  EXPECT_THAT(Scene(scene).measures(), ElementsAre("shrink a"));
  scene.offers[2].cost_restore = 1s;
  EXPECT_THAT(scene.measures(), ElementsAre("shrink c"));
}

TEST(Victims, PinnedAreNeverTouched) {
  Scene scene = short_of(1_GiB);
  scene.tenant("a").pinned = true;
  shrinks(scene, "a", 1_GiB);
  EXPECT_THAT(scene.measures(), IsEmpty());
  EXPECT_EQ(scene.declined("a"), "it is pinned");
}

TEST(Victims, UnloadingIsForTheIdle) {
  Scene scene = short_of(1_GiB);
  scene.tenant("a", 0, 29s);
  scene.tenant("b", 9, 31s);
  scene.tenant("c", 0, 9h).busy = true;
  for (const char* id : {"a", "b", "c"}) scene.offer(id, Rung::unload_idle, {{kGpu0, -1_GiB}});
  EXPECT_THAT(scene.measures(), ElementsAre("unload_idle b"));
  EXPECT_EQ(scene.declined("a"), "used 29 s ago; idle begins after 30 s");
  EXPECT_EQ(scene.declined("c"), "it is answering a request");
}

TEST(Victims, ReliefOfVramThatWouldOverfillRamIsDeclined) {
  Scene scene = short_of(1_GiB);
  scene.pool_at(kRam).room = 2_GiB;
  scene.tenant("a");
  scene.tenant("b");
  scene.offer("a", Rung::offload, {{kGpu0, -3_GiB}, {kRam, 3_GiB}});
  scene.offer("b", Rung::evict, {{kGpu0, -3_GiB}, {kRam, 1_GiB}});
  EXPECT_THAT(scene.measures(), ElementsAre("evict b"));
  EXPECT_EQ(scene.declined("a"),
            "it would put 3 GiB into ram, which has room for 2 GiB below its warning level");
}

TEST(Victims, ChargesOfStepsUnderWayCount) {
  Scene scene = short_of(1_GiB);
  scene.pool(kGpu1, Level::emergency, 1_GiB);
  scene.pool_at(kRam).room = 5_GiB;
  scene.tenant("a");
  scene.tenant("b");
  scene.offer("a", Rung::offload, {{kGpu0, -3_GiB}, {kRam, 3_GiB}});
  scene.offer("b", Rung::offload, {{kGpu1, -3_GiB}, {kRam, 3_GiB}});
  EXPECT_THAT(scene.measures(), ElementsAre("offload a"));
  EXPECT_THAT(scene.declined("b"), HasSubstr("which has room for 2 GiB"));
}

TEST(Victims, APoolThatIsShortOrUnknownIsChargedNothing) {
  Scene scene = short_of(1_GiB);
  scene.tenant("a");
  scene.offer("a", Rung::offload, {{kGpu0, -1_GiB}, {kRam, 1_GiB}});
  scene.pool_at(kRam).level = Level::warning;
  Scene(scene).measures();
  EXPECT_THAT(scene.measures(), IsEmpty());
  EXPECT_EQ(scene.declined("a"), "it would put 1 GiB into ram, which is at warning");
  scene.pool_at(kRam).level = Level::normal;
  scene.pool_at(kRam).unknown_since = 7s;
  EXPECT_THAT(scene.measures(), IsEmpty());
  EXPECT_EQ(scene.declined("a"), "it would put 1 GiB into ram, which cannot be read now");
  scene.offers[0].changes[1].pool = {"swap"};
  EXPECT_THAT(scene.measures(), IsEmpty());
  EXPECT_EQ(scene.declined("a"), "it would put 1 GiB into swap, of which nothing is known");
}

TEST(Victims, ALiarLosesToTheHonest) {
  Scene scene = short_of(1_GiB);
  scene.tenant("honest");
  scene.tenant("liar");
  shrinks(scene, "liar", 1_GiB);  // the smallest that covers: first choice by its word
  shrinks(scene, "honest", 2_GiB);
  EXPECT_THAT(scene.measures(), ElementsAre("shrink liar"));
  scene.settle(
      scene.last(),
      {.step = scene.last().id, .claimed = scene.last().estimate, .measured = {{kGpu0, 0_B}}});
  EXPECT_THAT(scene.measures(), IsEmpty());  // its memory might still arrive
  EXPECT_THAT(scene.plan.declined.at(0).why, HasSubstr("waiting for 1 GiB"));
  scene.now += 8s;
  EXPECT_THAT(scene.measures(), ElementsAre("shrink honest"));
  EXPECT_THAT(scene.declined("liar"), HasSubstr("gave only 0 % of what it promised"));
  scene.succeed(scene.last());
  scene.now += 61s;
  EXPECT_THAT(scene.measures(), ElementsAre("shrink honest"));
}

TEST(Victims, RestoredLatelyIsLeftAloneBelowEmergency) {
  Scene scene = short_of(1_GiB, Level::critical);
  scene.tenant("a");
  shrinks(scene, "a", 1_GiB);
  scene.state.tenants[{"a"}].restored = scene.now - 10s;
  EXPECT_THAT(scene.measures(), IsEmpty());
  EXPECT_EQ(scene.declined("a"), "restored 10 s ago and stays for 30 s below emergency");
  scene.pool_at(kGpu0).level = Level::emergency;
  EXPECT_THAT(scene.measures(), ElementsAre("shrink a"));
}

TEST(Victims, AFrozenProgramIsNotAskedForWhatItWouldHaveToDo) {
  Scene scene = short_of(1_GiB);
  scene.tenant("a").taken = {{Rung::freeze, "freeze", "", {{kGpu0, 0_B}}, scene.now}};
  scene.tenant_at("a").holds = {{kGpu0, 1_GiB}};
  shrinks(scene, "a", 1_GiB);
  EXPECT_THAT(scene.measures(), IsEmpty());
  EXPECT_EQ(scene.declined("a"), "it is frozen and cannot answer");
  scene.offer("a", Rung::reclaim, {{kGpu0, -1_GiB}});
  EXPECT_THAT(scene.measures(), ElementsAre("reclaim a"));
}

TEST(Victims, WhoSharesAFrozenProcessIsFrozenToo) {
  Scene scene = short_of(1_GiB);
  for (const char* id : {"a", "b"}) {
    scene.tenant(id).process = ProcessKey{4711, 1};
    scene.tenant_at(id).holds = {{kGpu0, 1_GiB}};
  }
  scene.tenant_at("a").taken = {{Rung::freeze, "freeze", "", {{kGpu0, 0_B}}, scene.now}};
  shrinks(scene, "b", 1_GiB);
  scene.offer("b", Rung::freeze, {});
  EXPECT_THAT(scene.measures(), IsEmpty());
  EXPECT_EQ(scene.declined("b"), "it is frozen and cannot answer");
}

TEST(Victims, AProgramIsNotFrozenInTheMiddleOfAMove) {
  Scene scene = short_of(10_GiB, Level::critical);
  for (const char* id : {"a", "b"}) {
    scene.tenant(id).process = ProcessKey{4711, 1};
    scene.tenant_at(id).holds = {{kGpu0, 1_GiB}};
  }
  shrinks(scene, "a", 1_GiB);
  EXPECT_THAT(scene.measures(), ElementsAre("shrink a"));
  scene.pool_at(kGpu0).level = Level::emergency;
  scene.offers.clear();
  scene.offer("b", Rung::freeze, {});
  EXPECT_THAT(scene.measures(), IsEmpty());
  EXPECT_EQ(scene.declined("b"), "another measure is under way on it");
}

TEST(Victims, CrumbsAreNotWaitedForInAnEmergency) {
  Scene scene = short_of(10_GiB);
  scene.tenant("a");
  scene.tenant("b");
  scene.offer("a", Rung::trim, {{kGpu0, -10_MiB}});
  shrinks(scene, "b", 10_GiB);
  EXPECT_THAT(Scene(scene).measures(), ElementsAre("shrink b"));
  scene.pool_at(kGpu0).level = Level::critical;
  EXPECT_THAT(scene.measures(), ElementsAre("trim a"));
}

TEST(Victims, AreTheSameWhateverTheOrderOfTheOffers) {
  std::mt19937 random(7);
  Scene scene = short_of(3_GiB);
  for (int i = 0; i < 200; ++i) {
    const std::string id = "t" + std::to_string(i);
    scene.tenant(id, i % 3, 1s * (i % 50)).pinned = i % 7 == 0;
    shrinks(scene, id, i % 2 ? 1_GiB : 2_GiB);
    scene.offer(id, Rung::unload_idle, {{kGpu0, -1_GiB}});
    scene.offer(id, Rung::stop, {{kGpu0, -1_GiB}});
  }
  const Plan first = Scene(scene).decide();
  for (int i = 0; i < 20; ++i) {
    std::shuffle(scene.offers.begin(), scene.offers.end(), random);
    const Plan again = Scene(scene).decide();
    ASSERT_EQ(again.steps.back().reason, first.steps.back().reason);
    ASSERT_EQ(again.declined.size(), first.declined.size());
    for (std::size_t k = 0; k < first.declined.size(); ++k) {
      ASSERT_EQ(again.declined[k].tenant, first.declined[k].tenant);
      ASSERT_EQ(again.declined[k].why, first.declined[k].why);
    }
  }
  EXPECT_EQ(first.declined.size(), kMostDeclined);
}

TEST(Victims, AbsurdAmountsDoNoHarm) {
  Scene scene = short_of(Bytes::limit(false));
  scene.pool_at(kRam).room = Bytes::limit(true);
  scene.tenant("a");
  scene.tenant("b");
  scene.offer("a", Rung::shrink, {{kGpu0, Bytes::limit(true)}, {kGpu0, Bytes::limit(true)}});
  scene.offer("b", Rung::offload, {{kGpu0, Bytes::limit(true)}, {kRam, Bytes::limit(false)}});
  EXPECT_THAT(scene.measures(), ElementsAre("shrink a"));
  scene.succeed(scene.last(), 0.5);
  scene.decide();
  scene.now += 1min;
  scene.decide();
}

}  // namespace
}  // namespace spillway
