#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fit/choose/made_by_hand_test.h"

// What people met in the field, with their figures.

namespace spillway::fit {
namespace {

using testing::ElementsAre;
using testing::Field;

/// Of whole percents, as people wrote them down.
constexpr double kTwoPoints = 0.02;

Component speech_model() {
  const auto loaded = [](double weights) {
    Need sum = need(weights);
    sum.vram_overhead = flat(140);
    return sum;
  };
  Component stt = component("stt", ComponentKind::stt, loaded(3600));
  offer(stt, ChangeKind::lower_precision, "fp16 instead of fp32", loaded(1900 - 140));
  offer(stt, ChangeKind::smaller_model, "the small one", loaded(1230 - 140));
  return stt;
}

TEST(FieldCases, ASpeechModelFillsASmallCard) {
  const Answer answer = fit_stack({speech_model()}, one_gpu(4090, 8000), {});
  EXPECT_EQ(answer.verdict, Verdict::fits_with_changes);
  EXPECT_NEAR(answer.asked[0].peak_share, 0.91, kTwoPoints);
  EXPECT_EQ(answer.asked[0].level, Reached::critical);
  EXPECT_EQ(answer.asked[0].peak.likely, mb(3740));

  ASSERT_EQ(answer.changes.size(), 1U);
  const Proposal& fp16 = answer.changes[0];
  EXPECT_EQ(fp16.change.kind, ChangeKind::lower_precision);
  EXPECT_NEAR(fp16.share, 0.46, kTwoPoints);
  EXPECT_EQ(fp16.saves, mb(1840));
  EXPECT_EQ(fp16.change.accuracy, "less than 1 % word error rate");
  EXPECT_EQ(fp16.change.latency, "");  // unknown
  EXPECT_EQ(answer.planned[0].peak.likely, mb(1900));

  ASSERT_EQ(answer.alternatives.size(), 1U);
  const Proposal& small = answer.alternatives[0];
  EXPECT_EQ(small.change.kind, ChangeKind::smaller_model);
  EXPECT_NEAR(small.share, 0.30, kTwoPoints);
  EXPECT_EQ(small.level, Reached::safe);
}

/// Baseline about 750 MB RAM and 3.6 GB VRAM, peak 1.2 to 1.5 GB RAM and 4 to 5 GB VRAM.
Stack voice_stack() {
  const auto grows = [](double vram, double vram_peak, double ram, double ram_peak) {
    return Need{flat(vram), flat(vram_peak), flat(ram), flat(ram_peak), {}, {}};
  };
  Component llm = component("llm", ComponentKind::llm, {});
  llm.variants[0].need.vram_idle = {mb(1000), mb(2500), mb(3000)};
  llm.variants[0].need.vram_peak = {mb(1000), mb(3000), mb(3000)};
  Stack stack{component("stt", ComponentKind::stt, grows(200, 500, 150, 350)),
              component("intent", ComponentKind::intent, grows(100, 100, 80, 100)),
              component("embeddings", ComponentKind::embeddings, grows(500, 600, 200, 300)),
              component("tts", ComponentKind::tts, grows(300, 400, 120, 250)),
              llm,
              component("templates", ComponentKind::data, grows(0, 0, 50, 50)),
              component("history", ComponentKind::data, grows(0, 0, 50, 100)),
              component("runtime", ComponentKind::runtime, grows(0, 0, 100, 150))};
  return stack;
}

Machine small_box() {
  Machine machine = one_gpu(4000, 8000);
  machine.ram.used = assumed_os_share(machine.ram.total);
  machine.ram.assumed = true;
  return machine;
}

TEST(FieldCases, TheVoiceStackDoesNotFitAtItsPeak) {
  const Answer answer = fit_stack(voice_stack(), small_box(), {});
  const Fill& vram = answer.asked[0];
  const Fill& ram = answer.asked[1];
  EXPECT_EQ(vram.idle.likely, mb(3600));
  EXPECT_EQ(ram.idle.likely, mb(750));
  EXPECT_EQ(ram.others, mb(2000));
  EXPECT_GE(vram.peak.likely, mb(4000));
  EXPECT_LE(vram.peak.likely, mb(5000));
  EXPECT_GE(ram.peak.likely, mb(1200));
  EXPECT_LE(ram.peak.likely, mb(1500));
  EXPECT_EQ(ram.level, Reached::safe);
  EXPECT_EQ(vram.level, Reached::shutdown);
  EXPECT_EQ(answer.verdict, Verdict::does_not_fit);
  EXPECT_EQ(answer.missing_vram, mb(4600 - 2800) + 1_B);
}

TEST(FieldCases, TheCheapestFixOfTheVoiceStackIsNamed) {
  Stack stack = voice_stack();
  Component& embeddings = stack[2];
  Component& llm = stack[4];
  offer(stack[1], ChangeKind::helper_on_cpu, "on the CPU", need(0, 180));
  offer(embeddings, ChangeKind::helper_on_cpu, "on the CPU", need(0, 800));
  offer(llm, ChangeKind::smaller_context, "context 2048 instead of 8192", need(2600), 2);
  offer(llm, ChangeKind::smaller_model, "a 1B model", need(1000));
  const Answer answer = fit_stack(stack, small_box(), {});
  ASSERT_EQ(answer.verdict, Verdict::fits_with_changes);
  // 4600 of 2800 MB: the helpers and the context together save 1100, so the model must be smaller.
  ASSERT_EQ(answer.changes.size(), 1U);
  EXPECT_EQ(answer.changes[0].subject, "llm");
  EXPECT_EQ(answer.changes[0].change.kind, ChangeKind::smaller_model);
  EXPECT_EQ(answer.changes[0].saves, mb(2000));
  EXPECT_EQ(answer.planned[0].level, Reached::safe);

  // Whoever may be unloaded between two requests goes first.
  embeddings.duty = stack[3].duty = Duty::idle;
  offer(llm, ChangeKind::smaller_context, "context 512 instead of 8192", need(2000), 4);
  const Answer unloaded = fit_stack(stack, small_box(), {});
  EXPECT_THAT(unloaded.changes,
              ElementsAre(Field(&Proposal::subject, "embeddings"), Field(&Proposal::subject, "tts"),
                          Field(&Proposal::subject, "llm")));
  EXPECT_EQ(unloaded.planned[0].peak.likely, mb(2600));
}

TEST(FieldCases, OneRuntimeForAllCountsItsOverheadOnce) {
  Stack stack;
  for (const char* name : {"stt", "tts", "vad"}) {
    Need sum = need(500, 100);
    sum.vram_overhead = flat(400);
    sum.ram_overhead = flat(300);
    stack.push_back(component(name, ComponentKind::other, sum));
  }
  const Machine machine = one_gpu(4000, 8000);
  EXPECT_EQ(fit_stack(stack, machine, {}).asked[0].peak.likely, mb(2700));
  EXPECT_EQ(fit_stack(stack, machine, {}).asked[1].peak.likely, mb(1200));
  for (Component& component : stack) component.process = "onnxruntime";
  const Answer together = fit_stack(stack, machine, {});
  EXPECT_EQ(together.asked[0].peak.likely, mb(1900));
  EXPECT_EQ(together.asked[1].peak.likely, mb(600));
  // What one of them may grow to: the overhead is paid by the others anyway.
  EXPECT_EQ(together.headrooms[0].vram, mb(2800) - 1_B - mb(1000));
}

}  // namespace
}  // namespace spillway::fit
