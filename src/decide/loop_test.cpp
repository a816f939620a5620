#include <gmock/gmock.h>

#include "tests/support/simulator.h"

namespace spillway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Program;
using testing::Simulator;
using ::testing::SizeIs;

const PoolId kGpu0{"vram:0"};
const PoolId kGpu1{"vram:1"};

Simulator machine(Policy policy = {}) {
  Simulator sim(std::move(policy));
  sim.add_pool(kGpu0, 24_GiB);
  sim.add_pool(kGpu1, 24_GiB);
  sim.add_pool(kRam, 64_GiB);
  return sim;
}

Program model(Bytes bytes) { return {.model = bytes, .away = kRam}; }

std::function<Bytes(const PoolId&, Duration)> on_gpu0(std::function<Bytes(Duration)> load) {
  return [load = std::move(load)](const PoolId& pool, Duration t) {
    return pool == kGpu0 ? load(t) : Bytes{};
  };
}

TEST(Loop, NothingHappensWhileThereIsRoom) {
  Simulator sim = machine();
  sim.add("a", model(8_GiB));
  sim.run(10min, 1s);
  EXPECT_THAT(sim.started, IsEmpty());
}

TEST(Loop, SustainedPressureOfAMinuteIsHeldBelowItsLevelAndEndsRestored) {
  Simulator sim = machine();
  for (const char* id : {"a", "b", "c", "d"}) sim.add(id, model(3_GiB));
  sim.load = on_gpu0([](Duration t) { return t > 5s && t < 65s ? 11_GiB : 2_GiB; });
  sim.run(5s);
  double worst_end = 0;
  for (int i = 0; i < 59; ++i) {
    sim.run(1s);
    if (i > 2) worst_end = std::max(worst_end, sim.share(kGpu0));
  }
  EXPECT_THAT(sim.steps(Direction::give), SizeIs(1));  // 23 of 24 GiB: one of 3 GiB is enough
  EXPECT_LT(worst_end, 0.92);
  sim.run(2min);
  EXPECT_THAT(sim.steps(Direction::give), SizeIs(1));
  EXPECT_TRUE(sim.everything_restored());
}

TEST(Loop, AHundredCyclesOfPressureAndReliefLeaveNoTrace) {
  Simulator sim = machine();
  for (const char* id : {"a", "b", "c"}) sim.add(id, model(4_GiB));
  const Bytes before = sim.used(kGpu0);
  for (int cycle = 0; cycle < 100; ++cycle) {
    const Duration begin = sim.now - testing::at(0s);
    sim.load = on_gpu0([=](Duration t) { return t - begin < 20s ? 12_GiB : 0_GiB; });
    sim.run(30s, 250ms);
    sim.run(330s, 3s);  // as seldom as a quiet machine is looked at
    ASSERT_TRUE(sim.everything_restored()) << cycle;
    ASSERT_EQ(sim.used(kGpu0), before) << cycle;
    ASSERT_EQ(sim.steps(Direction::give).size(), sim.steps(Direction::restore).size());
    ASSERT_EQ(sim.steps(Direction::give).size(), cycle + 1);
  }
  EXPECT_THAT(sim.state.arrivals, IsEmpty());
  EXPECT_THAT(sim.state.flights, IsEmpty());
}

TEST(Loop, GrowthThatNeverStopsClimbsToTheTopAndSaysSoOncePerLevel) {
  Policy policy;
  policy.ladder.allow_stop = true;
  Simulator sim = machine(policy);
  sim.add("a",
          {.model = 3_GiB, .cache = 1_GiB, .small = 2_GiB, .away = kRam, .can_preserve = true});
  sim.add("b", {.model = 3_GiB, .can_stop = true, .can_preserve = true});
  sim.load = on_gpu0([](Duration t) { return 10_GiB + scaled(64_MiB, seconds(t)); });
  sim.run(10min, 200ms);
  std::vector<std::string> rungs;
  for (const Step& step : sim.steps(Direction::give)) {
    rungs.push_back(std::string(name(step.rung)) + " " + step.tenant.text);
  }
  EXPECT_THAT(rungs, ElementsAre("trim a", "shrink a", "offload a",     // warning to emergency
                                 "preserve a", "preserve b", "stop b",  // shutdown, relieved
                                 "preserve a", "preserve b"));          // and again
  EXPECT_LE(sim.notices("exhausted"), 4);
  const auto said = sim.notices("exhausted");
  sim.run(10min, 200ms);
  EXPECT_EQ(sim.notices("exhausted"), said);
}

TEST(Loop, ABurstLargerThanTheHeadroomIsMetWithAsManyStepsAsItNeeds) {
  Simulator sim = machine();
  for (const char* id : {"a", "b", "c", "d", "e"}) sim.add(id, model(3_GiB));
  sim.load = on_gpu0([](Duration t) { return t < 5s ? 0_GiB : 17_GiB; });  // 32 of 24 GiB
  sim.run(30s);
  // To below the exit of emergency (22.08 GiB less the margin): 10.2 GiB, so four of 3 GiB.
  EXPECT_THAT(sim.steps(Direction::give), SizeIs(4));
  EXPECT_LT(sim.share(kGpu0), 0.92);
}

TEST(Loop, MemoryThatArrivesLateIsWaitedForWithExactlyTheStepsNeeded) {
  const auto steps_with = [](Duration late) {
    Simulator sim = machine();
    for (const char* id : {"a", "b", "c", "d"}) {
      Program program = model(3_GiB);
      program.late = late;
      sim.add(id, program);
    }
    sim.load = on_gpu0([](Duration t) { return t < 2s ? 0_GiB : 11_GiB; });
    sim.run(30s);
    EXPECT_LT(sim.share(kGpu0), 0.92);
    return sim.steps(Direction::give).size();
  };
  EXPECT_EQ(steps_with(0s), 1);
  EXPECT_EQ(steps_with(5s), 1);
  EXPECT_EQ(steps_with(7900ms), 1);
  EXPECT_EQ(steps_with(20s), 3);  // longer than anybody waits: another every eight seconds
}

TEST(Loop, LateMemoryOfSeveralStepsIsCountedOnce) {
  Simulator sim = machine();
  for (const char* id : {"a", "b", "c", "d", "e"}) {
    Program program = model(3_GiB);
    program.late = 5s;
    sim.add(id, program);
  }
  sim.load = on_gpu0([](Duration t) { return t < 2s ? 0_GiB : 17_GiB; });
  sim.run(40s);
  EXPECT_THAT(sim.steps(Direction::give), SizeIs(4));
}

TEST(Loop, ALiarIsOvertakenByTheHonest) {
  Simulator sim = machine();
  Program liar = model(3_GiB);
  liar.honesty = 0;
  sim.add("a-liar", liar);
  sim.add("honest", model(3_GiB));
  sim.load = on_gpu0([](Duration t) { return t < 2s ? 0_GiB : 17_GiB; });
  sim.run(30s);
  const auto steps = sim.steps(Direction::give);
  ASSERT_THAT(steps, SizeIs(2));
  EXPECT_EQ(steps[1].tenant.text, "honest");
  EXPECT_LT(sim.share(kGpu0), 0.92);
}

TEST(Loop, VramIsNotRelievedIntoAFullRam) {
  Simulator sim = machine();
  sim.add("a", model(8_GiB));
  sim.load = [](const PoolId& pool, Duration) {
    return pool == kGpu0 ? 15_GiB : pool == kRam ? 40_GiB : 0_GiB;
  };
  sim.run(30s);
  EXPECT_THAT(sim.steps(Direction::give), IsEmpty());
  EXPECT_THAT(sim.plan.declined.at(0).why,
              HasSubstr("it would put 8 GiB into ram, which has room for 7.36 GiB"));
}

TEST(Loop, TwoGpusAndTwoTenantsAreEachTheirOwn) {
  Simulator sim = machine();
  Program second = model(10_GiB);
  second.home = kGpu1;
  sim.add("first", model(10_GiB));
  sim.add("second", second);
  sim.load = [](const PoolId& pool, Duration t) {
    return pool == kGpu1 && t > 5s && t < 20s ? 13.5_GiB : 2_GiB;
  };
  sim.run(2min);
  ASSERT_THAT(sim.steps(Direction::give), SizeIs(1));
  EXPECT_EQ(sim.steps(Direction::give)[0].tenant.text, "second");
  EXPECT_EQ(sim.steps(Direction::give)[0].pool, kGpu1);
  EXPECT_TRUE(sim.everything_restored());
}

TEST(Loop, AGpuThatIsLostForAMinuteIsLeftAloneAndTakenUpAgain) {
  Simulator sim = machine();
  for (const char* id : {"a", "b", "c"}) sim.add(id, model(4_GiB));
  sim.load = on_gpu0([](Duration t) { return t > 5s && t < 100s ? 11.5_GiB : 0_GiB; });
  sim.run(5s);
  sim.unreadable = {kGpu0};
  sim.run(60s);
  EXPECT_THAT(sim.steps(Direction::give), IsEmpty());
  sim.unreadable = {};
  sim.run(20s);
  EXPECT_THAT(sim.steps(Direction::give), SizeIs(1));
  sim.unreadable = {kGpu0};
  sim.run(60s);  // the pressure ends meanwhile, but nobody can see that
  EXPECT_THAT(sim.steps(Direction::restore), IsEmpty());
  sim.unreadable = {};
  sim.run(30s);
  EXPECT_TRUE(sim.everything_restored());
}

TEST(Loop, RapidTogglingIsStoppedByTheThrashDetector) {
  Simulator sim = machine();
  sim.add("a", model(8_GiB));
  sim.load = on_gpu0([](Duration t) {  // pressure whenever it has just come back
    return (t / 20s) % 2 ? 15_GiB : 2_GiB;
  });
  sim.run(14min, 100ms);
  EXPECT_LE(sim.steps(Direction::give).size(), 5);
  EXPECT_FALSE(sim.everything_restored());
  sim.load = on_gpu0([](Duration) { return 2_GiB; });
  sim.run(5min, 100ms);
  EXPECT_TRUE(sim.everything_restored());
}

TEST(Loop, AFrozenRunawayStopsGrowingAndRunsAgainAfterwards) {
  Simulator sim = machine();
  sim.add("runaway", {.home = kRam, .model = 50_GiB, .can_freeze = true, .growth = 2e9});
  sim.load = [](const PoolId& pool, Duration t) {
    return pool == kRam && t > 10s ? -20_GiB : 0_GiB;  // somebody else ends
  };
  sim.run(9900ms);
  ASSERT_THAT(sim.steps(Direction::give), SizeIs(1));
  EXPECT_EQ(sim.steps(Direction::give)[0].rung, Rung::freeze);
  EXPECT_LT(sim.share(kRam), 0.98);
  sim.program("runaway").growth = 0;
  sim.run(5s);
  EXPECT_TRUE(sim.everything_restored());
}

TEST(Loop, AHungTenantCostsItsDeadlineAndTheLadderGoesOn) {
  Simulator sim = machine();
  Program hung = model(3_GiB);
  hung.hangs = true;
  sim.add("a-hung", hung);
  sim.add("b", model(3_GiB));
  sim.load = on_gpu0([](Duration t) { return t < 2s ? 0_GiB : 17_GiB; });
  sim.run(7s);
  EXPECT_THAT(sim.steps(Direction::give), SizeIs(1));
  sim.run(5s);
  ASSERT_THAT(sim.steps(Direction::give), SizeIs(2));
  EXPECT_EQ(sim.steps(Direction::give)[1].tenant.text, "b");
  EXPECT_LT(sim.share(kGpu0), 0.92);
}

TEST(Loop, ADemandIsMetFromMeasuredBytes) {
  Simulator sim = machine();
  for (const char* id : {"a", "b", "c"}) sim.add(id, model(4_GiB));
  sim.run(1s);
  sim.demands.push_back({.id = 7, .pool = kGpu0, .bytes = 6_GiB, .reason = "a test"});
  sim.run(2s);
  EXPECT_EQ(sim.ended.at(7), "");
  EXPECT_EQ(sim.used(kGpu0), 4_GiB);
}

}  // namespace
}  // namespace spillway
