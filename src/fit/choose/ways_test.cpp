#include "fit/choose/ways.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "fit/choose/answer.h"
#include "fit/choose/made_by_hand_test.h"

namespace spillway::fit {
namespace {

using testing::SizeIs;

/// Round figures: 10 MB per layer, 1 MB of cache per layer and 1000 tokens, 5 MB of overhead.
Result<Footprint> pretend(const Shape& shape, const Use& use) {
  if (use.context == 0) return fail(Errc::invalid, "no context");
  const double layers = static_cast<double>(shape.layers.size());
  const double on_gpu =
      use.on_cpu ? 0 : std::min(layers, static_cast<double>(use.gpu_layers.value_or(99)));
  const double half = use.precision == TensorType::f16 ? 0.5 : 1;
  const double cache = use.cache_k == TensorType::q8_0   ? 0.5
                       : use.cache_k == TensorType::q4_0 ? 0.25
                                                         : 1;
  const double context = static_cast<double>(use.context) / 1000;
  const auto part = [&](PartKind kind, Where where, double amount) {
    return Part{
        kind, where, "x", flat(amount), Origin::formula, "",
    };
  };
  const double attention = use.attention == Attention::eager ? context * context : context;
  return Footprint{{part(PartKind::weights, Where::vram, 10 * half * on_gpu),
                    part(PartKind::weights, Where::ram, 10 * half * (layers - on_gpu)),
                    part(PartKind::kv, Where::vram, cache * context * on_gpu),
                    part(PartKind::kv, Where::ram, cache * context * (layers - on_gpu)),
                    part(PartKind::compute, Where::vram, on_gpu > 0 ? attention : 0),
                    part(PartKind::overhead, Where::vram, on_gpu > 0 ? 5 : 0)}};
}

ModelToPlan model(FileFormat format = FileFormat::gguf) {
  ModelToPlan made;
  made.kind = ComponentKind::llm;
  made.shape.name = "big";
  made.shape.format = format;
  made.shape.family = Family::decoder;
  made.shape.dtype = TensorType::f32;
  made.shape.layers.resize(8);
  made.use.context = 4000;
  return made;
}

Component component_of(const Ways& ways) {
  Component made = component("m", ComponentKind::llm, {});
  made.variants = ways.variants;
  return made;
}

bool has(const Variant& variant, ChangeKind kind) {
  return std::any_of(variant.changes.begin(), variant.changes.end(),
                     [&](const Change& change) { return change.kind == kind; });
}
bool any(const Ways& ways, ChangeKind kind) {
  return std::any_of(ways.variants.begin(), ways.variants.end(),
                     [&](const Variant& variant) { return has(variant, kind); });
}

TEST(Ways, BeginWithWhatWasAskedFor) {
  const auto ways = as_asked(model(), pretend);
  ASSERT_TRUE(ways);
  ASSERT_THAT(ways->variants, SizeIs(1));
  EXPECT_THAT(ways->variants[0].changes, SizeIs(0));
  EXPECT_EQ(ways->variants[0].need.vram_peak, flat(80 + 32 + 4));
  EXPECT_EQ(ways->variants[0].need.vram_overhead, flat(5));
  EXPECT_EQ(ways->variants[0].need.vram_idle, flat(116));  // llama.cpp keeps all of it
}

TEST(Ways, AreWhatTheBackEndCanDo) {
  const auto llama = ways_of(model(), pretend);
  const auto torch = ways_of(model(FileFormat::safetensors), pretend);
  ASSERT_TRUE(llama && torch);
  EXPECT_TRUE(any(*llama, ChangeKind::quantised_kv));
  EXPECT_TRUE(any(*llama, ChangeKind::layers_on_cpu));
  EXPECT_FALSE(any(*llama, ChangeKind::lower_precision));
  EXPECT_FALSE(any(*torch, ChangeKind::quantised_kv));
  EXPECT_FALSE(any(*torch, ChangeKind::layers_on_cpu));
  EXPECT_TRUE(any(*torch, ChangeKind::lower_precision));
  EXPECT_FALSE(any(*torch, ChangeKind::fused_attention));  // it is fused already
  EXPECT_TRUE(any(*torch, ChangeKind::whole_on_cpu));
  EXPECT_EQ(torch->variants[0].need.vram_idle, flat(80));  // without cache and activations
  EXPECT_EQ(llama->variants.size(), llama->uses.size());
  EXPECT_EQ(llama->variants.size(), llama->models.size());
}

TEST(Ways, ChangesAreInTheOrderOfTheirCost) {
  ModelToPlan eager = model(FileFormat::safetensors);
  eager.use.attention = Attention::eager;
  for (const ModelToPlan& asked : {model(), eager}) {
    const auto ways = ways_of(asked, pretend);
    ASSERT_TRUE(ways);
    for (const Variant& variant : ways->variants) {
      EXPECT_TRUE(std::is_sorted(variant.changes.begin(), variant.changes.end(),
                                 [](const Change& a, const Change& b) { return a.kind < b.kind; }));
    }
  }
}

TEST(Ways, NothingIsOfferedThatIsThereAlready) {
  ModelToPlan asked = model();
  asked.use.context = 600;
  asked.use.cache_k = asked.use.cache_v = TensorType::q4_0;
  asked.use.gpu_layers = 1;
  const auto ways = ways_of(asked, pretend);
  ASSERT_TRUE(ways);
  EXPECT_FALSE(any(*ways, ChangeKind::smaller_context));
  EXPECT_FALSE(any(*ways, ChangeKind::quantised_kv));
  EXPECT_FALSE(any(*ways, ChangeKind::layers_on_cpu));
  EXPECT_THAT(ways->variants, SizeIs(2));  // as asked, and on the CPU
}

TEST(Ways, AHelperGoesToTheCpuForLess) {
  ModelToPlan asked = model(FileFormat::onnx);
  asked.kind = ComponentKind::vad;
  const auto ways = ways_of(asked, pretend);
  ASSERT_TRUE(ways);
  EXPECT_TRUE(any(*ways, ChangeKind::helper_on_cpu));
  EXPECT_FALSE(any(*ways, ChangeKind::whole_on_cpu));
}

TEST(Ways, SmallerModelsOnDiskAreThere) {
  ModelToPlan asked = model();
  Shape small = asked.shape;
  small.name = "small";
  small.layers.resize(2);
  asked.smaller = {small};
  const auto ways = ways_of(asked, pretend);
  ASSERT_TRUE(ways);
  EXPECT_EQ(ways->variants.back().changes[0].what, "small instead of big");
  EXPECT_EQ(ways->models.back(), 1U);
}

TEST(Ways, WhatCannotBeIsAnErrorOnlyWhenItWasAskedFor) {
  ModelToPlan asked = model();
  asked.use.context = 0;
  EXPECT_EQ(ways_of(asked, pretend).error().what, "no context");
  const FootprintOf no_quantised = [](const Shape& shape, const Use& use) {
    if (use.cache_k != TensorType::f16) return Result<Footprint>(fail(Errc::invalid, "no"));
    return pretend(shape, use);
  };
  const auto ways = ways_of(model(), no_quantised);
  ASSERT_TRUE(ways);
  EXPECT_FALSE(any(*ways, ChangeKind::quantised_kv));
}

TEST(Ways, LeadToTheCheapestThatFits) {
  // 121 MB asked for; the context alone takes it to 80 + 4 + 0.5 + 5.
  const auto ways = ways_of(model(), pretend);
  ASSERT_TRUE(ways);
  const Answer half = fit_stack({component_of(*ways)}, one_gpu(160, 1000), {});
  ASSERT_THAT(half.changes, SizeIs(1));
  EXPECT_EQ(half.changes[0].change.what, "context 2000 instead of 4000");
  const Answer both = fit_stack({component_of(*ways)}, one_gpu(126.5, 1000), {});
  ASSERT_THAT(both.changes, SizeIs(2));
  EXPECT_EQ(both.changes[0].change.kind, ChangeKind::smaller_context);
  EXPECT_EQ(both.changes[1].change.kind, ChangeKind::quantised_kv);
  EXPECT_GT(both.changes[1].saves.count, 0);
  const Answer layers = fit_stack({component_of(*ways)}, one_gpu(100, 1000), {});
  EXPECT_EQ(layers.verdict, Verdict::fits_with_changes);
  EXPECT_EQ(layers.changes.back().change.kind, ChangeKind::layers_on_cpu);
}

TEST(Ways, ShapesTellWhatTheyAre) {
  Shape shape = model().shape;
  EXPECT_EQ(kind_of(shape), ComponentKind::llm);
  shape.encoder = Encoder{.kind = EncoderKind::whisper};
  EXPECT_EQ(kind_of(shape), ComponentKind::stt);
  EXPECT_EQ(backend_of(shape, {}), Backend::llama_cpp);
  EXPECT_EQ(backend_of(shape, {.backend = Backend::vllm}), Backend::vllm);
  shape.format = FileFormat::by_hand;
  shape.dtype = TensorType::f16;
  EXPECT_EQ(backend_of(shape, {}), Backend::transformers);
  shape.dtype = TensorType::q4_k;
  EXPECT_EQ(backend_of(shape, {}), Backend::llama_cpp);
}

}  // namespace
}  // namespace spillway::fit
