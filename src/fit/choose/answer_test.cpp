#include "fit/choose/answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fit/choose/made_by_hand_test.h"

namespace spillway::fit {
namespace {

TEST(Reached, FollowsTheThresholdAndTheGuardsLevels) {
  const Limits limits;
  EXPECT_EQ(name(reached(0.69, limits)), "safe");
  EXPECT_EQ(name(reached(0.70, limits)), "normal");
  EXPECT_EQ(name(reached(0.80, limits)), "warning");
  EXPECT_EQ(name(reached(0.91, limits)), "critical");
  EXPECT_EQ(name(reached(1.30, limits)), "shutdown");
  EXPECT_EQ(name(reached(0.85, {.safe = 0.9, .reserve = {}})), "safe");
}

TEST(OsShare, IsTwoGiBOnEightAndAQuarterBelow) {
  EXPECT_EQ(assumed_os_share(8_GiB), 2_GiB);
  EXPECT_EQ(assumed_os_share(64_GiB), 2_GiB);
  EXPECT_EQ(assumed_os_share(4_GiB), 1_GiB);
}

TEST(Fit, ExactlyAtTheThresholdIsNotSafe) {
  const Machine machine = one_gpu(1000, 1000);
  EXPECT_EQ(fit_stack({component("a", ComponentKind::llm, need(699.999))}, machine, {}).verdict,
            Verdict::fits);
  EXPECT_EQ(fit_stack({component("a", ComponentKind::llm, need(700))}, machine, {}).verdict,
            Verdict::does_not_fit);
}

TEST(Fit, CountsWhatIsReservedAndWhatOthersHold) {
  Machine machine = one_gpu(1000, 1000);
  const Stack stack{component("a", ComponentKind::llm, need(500))};
  EXPECT_EQ(fit_stack(stack, machine, {.reserve = mb(150)}).asked[0].others, mb(150));
  EXPECT_EQ(fit_stack(stack, machine, {.reserve = mb(250)}).verdict, Verdict::does_not_fit);
  machine.gpus[0].used = mb(300);
  machine.gpus[0].yields = mb(200);
  machine.gpus[0].holders = {"ollama", "comfy"};
  const Answer answer = fit_stack(stack, machine, {});
  ASSERT_EQ(answer.changes.size(), 1U);
  EXPECT_EQ(answer.changes[0].subject, "ollama, comfy");
  EXPECT_EQ(answer.changes[0].change.kind, ChangeKind::unload_idle);
  EXPECT_EQ(answer.changes[0].saves, mb(200));
  EXPECT_NEAR(answer.changes[0].share, 0.6, 1e-9);
}

TEST(Fit, ACrowdedCardThatNobodyUsesIsNoMatter) {
  Machine machine = one_gpu(1000, 1000);
  machine.gpus[0].used = mb(950);
  machine.gpus[0].yields = mb(100);
  machine.gpus.push_back(
      {.name = "vram:1", .total = mb(1000), .used = {}, .yields = {}, .holders = {}});
  const Answer answer = fit_stack({component("a", ComponentKind::llm, need(500))}, machine, {});
  EXPECT_EQ(answer.verdict, Verdict::fits);
  EXPECT_EQ(answer.situation.placements[0].gpu, 1U);
  EXPECT_EQ(Answer::level_of(answer.planned), Reached::safe);
}

TEST(Fit, TheWorstCaseMayNotExceedTheCard) {
  Component guess = component("a", ComponentKind::llm, need(600));
  guess.variants[0].need.vram_peak.high = mb(1001);
  EXPECT_EQ(fit_stack({guess}, one_gpu(1000, 1000), {}).verdict, Verdict::does_not_fit);
}

TEST(Fit, LeavesTheOrderedGpuOnlyAtLast) {
  Machine machine = one_gpu(1000, 4000);
  machine.gpus.push_back(machine.gpus[0]);
  machine.gpus[1].name = "vram:1";
  Component a = component("a", ComponentKind::llm, need(500));
  Component b = component("b", ComponentKind::stt, need(400));
  a.gpu = b.gpu = 0;
  Answer answer = fit_stack({a, b}, machine, {});
  ASSERT_EQ(answer.changes.size(), 1U);
  EXPECT_EQ(answer.changes[0].change.kind, ChangeKind::another_gpu);
  EXPECT_EQ(answer.changes[0].change.what, "on vram:1");
  EXPECT_NEAR(answer.asked[0].peak_share, 0.9, 1e-9);
  offer(b, ChangeKind::lower_precision, "fp16 instead of fp32", need(199));
  answer = fit_stack({a, b}, machine, {});
  ASSERT_EQ(answer.changes.size(), 1U);
  EXPECT_EQ(answer.changes[0].subject, "b");
  EXPECT_EQ(answer.changes[0].change.kind, ChangeKind::lower_precision);
}

TEST(Fit, TellsWhatEachOfSeveralChangesSaves) {
  Component llm = component("llm", ComponentKind::llm, need(1000));
  offer(llm, ChangeKind::smaller_context, "context 2048 instead of 4096", need(900));
  Variant both = llm.variants[1];
  both.changes.push_back(
      change_of(ChangeKind::quantised_kv, ComponentKind::llm, "q8_0 instead of f16"));
  both.need = need(650);
  llm.variants.push_back(both);
  const Answer answer = fit_stack({llm}, one_gpu(1000, 1000), {});
  ASSERT_EQ(answer.changes.size(), 2U);
  EXPECT_EQ(answer.changes[0].saves, mb(100));
  EXPECT_NEAR(answer.changes[0].share, 0.9, 1e-9);
  EXPECT_EQ(answer.changes[1].saves, mb(250));
  EXPECT_NEAR(answer.changes[1].share, 0.65, 1e-9);
  EXPECT_EQ(answer.changes[1].level, Reached::safe);
}

TEST(Fit, TheLowestPriorityGivesWayThenTheLastName) {
  const auto shrinkable = [](const char* name) {
    Component made = component(name, ComponentKind::llm, need(400));
    offer(made, ChangeKind::smaller_context, "half", need(250));
    return made;
  };
  Stack stack{shrinkable("b"), shrinkable("a")};
  EXPECT_EQ(fit_stack(stack, one_gpu(1000, 1000), {}).changes[0].subject, "b");
  stack[1].priority = -1;
  EXPECT_EQ(fit_stack(stack, one_gpu(1000, 1000), {}).changes[0].subject, "a");
}

TEST(Fit, OnDemandIsPartOfThePeakOnly) {
  Component image = component("image", ComponentKind::vision, need(300));
  image.duty = Duty::on_demand;
  const Answer answer =
      fit_stack({component("llm", ComponentKind::llm, need(300)), image}, one_gpu(1000, 1000), {});
  EXPECT_NEAR(answer.asked[0].idle_share, 0.3, 1e-9);
  EXPECT_NEAR(answer.asked[0].peak_share, 0.6, 1e-9);
  EXPECT_EQ(answer.loading.size(), 1U);
}

TEST(Fit, LoadsInTheOrderThatWasGiven) {
  Component first = component("z", ComponentKind::llm, need(300));
  Component second = component("a", ComponentKind::stt, need(100));
  second.order = 1;
  const Answer answer = fit_stack({second, first}, one_gpu(1000, 1000), {});
  ASSERT_EQ(answer.loading.size(), 2U);
  EXPECT_EQ(answer.loading[0].component, "z");
  EXPECT_NEAR(answer.loading[0].shares[0], 0.3, 1e-9);
  EXPECT_NEAR(answer.loading[1].shares[0], 0.4, 1e-9);
}

TEST(Fit, WhatMovesToTheCpuNeedsRoomInRam) {
  Component vad = component("vad", ComponentKind::vad, need(800));
  offer(vad, ChangeKind::helper_on_cpu, "on the CPU", need(0, 800));
  EXPECT_EQ(fit_stack({vad}, one_gpu(1000, 1000), {}).verdict, Verdict::does_not_fit);
  const Answer answer = fit_stack({vad}, one_gpu(1000, 2000), {});
  ASSERT_EQ(answer.changes.size(), 1U);
  EXPECT_EQ(answer.changes[0].change.latency, "about 5 ms");
  EXPECT_EQ(answer.changes[0].pool, "vram");
}

TEST(Fit, WhereNothingIsSafeTheNearestIsNamed) {
  Component llm = component("llm", ComponentKind::llm, need(1100));
  offer(llm, ChangeKind::smaller_context, "half", need(850));
  const Answer answer = fit_stack({llm}, one_gpu(1000, 1000), {});
  EXPECT_EQ(answer.verdict, Verdict::does_not_fit);
  EXPECT_EQ(answer.nearest, 0.9);
  ASSERT_EQ(answer.changes.size(), 1U);
  EXPECT_EQ(answer.changes[0].level, Reached::warning);
  EXPECT_NEAR(answer.planned[0].peak_share, 0.85, 1e-9);
  EXPECT_EQ(answer.missing_vram, mb(150) + 1_B);
  llm.variants.pop_back();
  EXPECT_FALSE(fit_stack({llm}, one_gpu(1000, 1000), {}).nearest);
  // A card that is nearly full as it is: nothing to change, and not safe.
  llm.variants[0].need = need(750);
  const Answer as_is = fit_stack({llm}, one_gpu(1000, 1000), {});
  EXPECT_EQ(as_is.verdict, Verdict::does_not_fit);
  EXPECT_EQ(as_is.nearest, 0.8);
  EXPECT_TRUE(as_is.changes.empty());
}

TEST(Fit, ZramIsNoRoom) {
  Machine machine = one_gpu(1000, 1000);
  machine.zram = Room{.name = "zram", .total = mb(5000), .used = {}, .yields = {}, .holders = {}};
  EXPECT_EQ(fit_stack({component("a", ComponentKind::llm, need(0, 800))}, machine, {}).verdict,
            Verdict::does_not_fit);
}

TEST(Fit, AGpuThatIsNotThereIsAnyOther) {
  Component a = component("a", ComponentKind::llm, need(100));
  a.gpu = 7;
  const Answer answer = fit_stack({a}, one_gpu(1000, 1000), {});
  EXPECT_EQ(answer.situation.placements[0].gpu, 0U);
  Machine none = one_gpu(1000, 1000);
  none.gpus.clear();
  EXPECT_EQ(fit_stack({a}, none, {}).verdict, Verdict::does_not_fit);
}

}  // namespace
}  // namespace spillway::fit
