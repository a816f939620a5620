// Longer stories on fake time: pressure that lasts, returns, never ends, or comes at once.

#include <gmock/gmock.h>

#include <algorithm>

#include "engine/engine_rig_test.h"

namespace spillway {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Story : public EngineRig {
 protected:
  void add_models(int count, Bytes each) {
    for (int i = 0; i < count; ++i) engine().add(model("m" + std::to_string(i), each, i));
    live(2s);
  }
  std::size_t asked() const { return guests_->words().size(); }
  int kills() { return static_cast<int>(engine().status().counters.kills); }
  bool all_is_back() {
    return std::all_of(engine().tenants().begin(), engine().tenants().end(),
                       [](const Tenant& t) { return t.taken.empty() && t.variant == "full"; });
  }
};

TEST_F(Story, AMinuteOfPressureTakesWhatThereIsOnceAndGivesAllBack) {
  add_models(2, 300_MiB);
  machine_.set(kRam, 9950_MiB, 10_GiB);
  live(60s);
  EXPECT_THAT(guests_->words(), ElementsAre("offload m0 disk", "offload m1 disk"));
  machine_.set(kRam, 2_GiB, 10_GiB);
  live(30s);
  EXPECT_TRUE(all_is_back());
  EXPECT_EQ(machine_.used(kRam), 2_GiB + 600_MiB);
  EXPECT_EQ(kills(), 0);
}

TEST_F(Story, AHundredCyclesOfPressureAndReliefEndAsTheyBegan) {
  policy_.cadence.longest = 30s;  // fewer looks while nothing happens
  policy_.defaults.worst_rate = 0.2e9;
  add_models(1, 1_GiB);
  const Bytes before = machine_.used(kRam);
  for (int cycle = 0; cycle < 100; ++cycle) {
    clock_.advance(10ms);
    machine_.add(kRam, 9800_MiB - before);
    live(10s);
    clock_.advance(10ms);
    machine_.add(kRam, before - 9800_MiB);
    live(20min);  // longer than the window in which a model that comes and goes counts as thrashing
    ASSERT_TRUE(all_is_back()) << cycle;
    ASSERT_EQ(machine_.used(kRam), before) << cycle;
  }
  EXPECT_EQ(asked(), 200u);
  EXPECT_EQ(engine().status().counters.restores, 100u);
  EXPECT_EQ(kills(), 0);
}

TEST_F(Story, RapidTogglingIsNoticedAndStopped) {
  add_models(1, 1_GiB);
  for (int i = 0; i < 20; ++i) {
    machine_.add(kRam, 6_GiB + 600_MiB);
    live(40s);
    machine_.add(kRam, -6_GiB - 600_MiB);
    live(40s);
  }
  // Taken back three times within ten minutes: then it stays away for a quarter of an hour.
  EXPECT_LT(asked(), 20u);
  live(30min);
  EXPECT_TRUE(all_is_back());
}

TEST_F(Story, GrowthThatNeverStopsTakesEverythingInOrderAndKillsNobody) {
  add_models(3, 500_MiB);
  for (int i = 0; i < 600 && machine_.used(kRam) < 10_GiB; ++i) {
    machine_.add(kRam, 20_MiB);
    live(100ms);
  }
  EXPECT_EQ(engine().assessment().level, Level::shutdown);
  EXPECT_THAT(guests_->words(),
              ElementsAre("offload m0 disk", "offload m1 disk", "offload m2 disk"));
  bool told = false;
  for (const StepEnded& ended : sink_.all<StepEnded>()) told |= ended.step.detail == "exhausted";
  EXPECT_TRUE(told);
  EXPECT_EQ(kills(), 0);
}

TEST_F(Story, BurstLargerThanTheHeadroomIsAnsweredInItsRound) {
  add_models(2, 2_GiB);
  machine_.set(kRam, 10'230_MiB, 10_GiB);
  clock_.advance(10ms);
  const TimePoint begin = now();
  step();
  EXPECT_THAT(guests_->words(), ElementsAre("offload m0 disk"));
  EXPECT_EQ(now(), begin);
  live(2s);
  EXPECT_LT(machine_.used(kRam), scaled(10_GiB, 0.92));
}

TEST_F(Story, GpuThatIsLostAndComesBackIsAskedForNothingMeanwhile) {
  const PoolId gpu{"vram:GPU-1"};
  machine_.set(gpu, 3_GiB, 10_GiB);
  Tenant tenant = model("llm", 2_GiB);
  tenant.variants.clear();
  tenant.holds = {{gpu, 2_GiB}};
  engine().add(tenant);
  guests_->set("llm", [&](const GuestRequest& request) -> Result<GuestReply> {
    machine_.add(gpu, request.verb == "restore" ? 2_GiB : -2_GiB);
    return GuestReply{};
  });
  live(3s);
  machine_.remove(gpu);
  live(30s);
  EXPECT_EQ(engine().assessment().find(gpu), nullptr);
  EXPECT_THAT(guests_->words(), IsEmpty());
  machine_.set(gpu, 9800_MiB, 10_GiB);
  live(3s);
  EXPECT_THAT(guests_->words(), ElementsAre("offload llm cpu"));
  machine_.set(gpu, 2_GiB, 10_GiB);
  live(20s);
  EXPECT_THAT(guests_->words(), ElementsAre("offload llm cpu", "restore llm"));
}

TEST_F(Story, TwoProgramsOnTwoGpusAreEachAskedForTheirOwn) {
  const PoolId first{"vram:GPU-1"}, second{"vram:GPU-2"};
  for (const auto& [name, gpu] : {std::pair("llm", first), std::pair("sd", second)}) {
    machine_.set(gpu, 6_GiB, 10_GiB);
    Tenant tenant = model(name, 4_GiB);
    tenant.variants = {{"gpu", {{gpu, 4_GiB}}}, {"cpu", {{kRam, 1_GiB}}}};
    tenant.variant = "gpu";
    tenant.holds = {{gpu, 4_GiB}};
    engine().add(tenant);
    guests_->set(name, [&, gpu = gpu](const GuestRequest& request) -> Result<GuestReply> {
      const bool back = request.verb == "restore";
      machine_.add(gpu, back ? 4_GiB : -4_GiB);
      machine_.add(kRam, back ? -1_GiB : 1_GiB);
      return GuestReply{};
    });
  }
  live(3s);
  machine_.set(second, 9800_MiB, 10_GiB);
  live(5s);
  EXPECT_THAT(guests_->words(), ElementsAre("offload sd cpu"));
  EXPECT_EQ(machine_.used(first), 6_GiB);
  machine_.set(first, 9800_MiB, 10_GiB);
  live(5s);
  EXPECT_THAT(guests_->words(), ElementsAre("offload sd cpu", "offload llm cpu"));
  machine_.set(first, 1_GiB, 10_GiB);
  machine_.set(second, 1_GiB, 10_GiB);
  live(60s);
  EXPECT_EQ(guests_->words().size(), 4u);
  for (const Tenant& tenant : engine().tenants()) EXPECT_EQ(tenant.variant, "gpu");
}

TEST_F(Story, TenantThatIsBusyWithAMoveIsNotGivenAnother) {
  add_models(1, 1_GiB);
  for (int i = 0; i < 5; ++i) {
    engine().demand({.tenant = TenantId{"m0"}, .deadline = now() + 20s}, nullptr);
    live(15ms);  // the first is not judged yet
    engine().demand(
        {.direction = Direction::restore, .tenant = TenantId{"m0"}, .deadline = now() + 20s},
        nullptr);
    live(30ms);
  }
  live(30s);
  // However they interleave, each move ended before the next began.
  std::optional<std::uint64_t> under_way;
  for (const Event& event : sink_.events) {
    if (const auto* started = std::get_if<StepStarted>(&event)) {
      if (started->step.tenant.text.empty()) continue;
      EXPECT_FALSE(under_way);
      under_way = started->step.id;
    } else if (const auto* ended = std::get_if<StepEnded>(&event)) {
      if (!ended->step.tenant.text.empty()) under_way.reset();
    }
  }
  EXPECT_GE(asked(), 2u);
  const Bytes held = engine().tenants().front().held_in(kRam);
  EXPECT_EQ(machine_.used(kRam), 2_GiB + held);
}

}  // namespace
}  // namespace spillway
