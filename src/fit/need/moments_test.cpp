#include "fit/need/moments.h"

#include <gtest/gtest.h>

#include "fit/need/known_models_test.h"

namespace spillway::fit {
namespace {

using known::shape_of;

Use fused() { return {.backend = Backend::transformers}; }
Use eager() { return {.backend = Backend::transformers, .attention = Attention::eager}; }

Amount most(const Shape& shape, const Use& use, std::uint64_t tokens, std::uint64_t batch = 1) {
  return widest(moments(shape, use, {batch, tokens})).bytes;
}

TEST(MomentsTest, CountsTheArraysOfScoresByType) {
  EXPECT_EQ(score_bytes(TensorType::bf16), 10U);  // 2 + 4 + 4
  EXPECT_EQ(score_bytes(TensorType::f16), 8U);    // 2 + 4 + 2
  EXPECT_EQ(score_bytes(TensorType::f32), 8U);    // 4 + 4
  EXPECT_EQ(score_bytes(TensorType::f32, 2), 8U);
  EXPECT_EQ(score_bytes(TensorType::f16, 2), 4U);
  EXPECT_EQ(score_bytes(TensorType::bf16, 3), 6U);
}

TEST(MomentsTest, GrowsWithTheSquareOnlyInEagerAttention) {
  const Shape shape = shape_of("Mistral-7B v0.3", TensorType::bf16);
  const double linear = most(shape, fused(), 16384).real() / most(shape, fused(), 8192).real();
  EXPECT_NEAR(linear, 2, 0.001);
  const double square = most(shape, eager(), 16384).real() / most(shape, eager(), 8192).real();
  EXPECT_NEAR(square, 4, 0.1);
}

// f32 has no fused kernel for heads that share K and V.
TEST(MomentsTest, KnowsWhatNoFusedKernelCanDo) {
  const Shape grouped = shape_of("Mistral-7B v0.3", TensorType::f32);
  const double square = most(grouped, fused(), 16384).real() / most(grouped, fused(), 8192).real();
  EXPECT_NEAR(square, 4, 0.3);
  EXPECT_GE(most(grouped, fused(), 8192).count, 9ULL * 32 * 8192 * 8192);
  const Shape own_heads = shape_of("Phi-3-mini", TensorType::f32);
  EXPECT_NEAR(most(own_heads, fused(), 16384).real() / most(own_heads, fused(), 8192).real(), 2,
              0.001);
}

TEST(MomentsTest, GrowsWithTheBatch) {
  const Shape shape = shape_of("Mistral-7B v0.3", TensorType::bf16);
  for (const Use& use : {fused(), eager()}) {
    EXPECT_NEAR(most(shape, use, 4096, 4).real() / most(shape, use, 4096).real(), 4, 0.05);
  }
}

// Phi-3 widens by one joint matrix, whose array lives on beside the activated half and the product.
TEST(MomentsTest, KnowsJointProjections) {
  Shape shape = shape_of("Phi-3-mini", TensorType::bf16);
  const Amount joint = most(shape, fused(), 4096);
  shape.architecture = "llama";
  EXPECT_EQ(joint.count - most(shape, fused(), 4096).count, 8192U * 2 * 4096);
}

TEST(MomentsTest, MasksAWindowShorterThanThePrompt) {
  const Shape shape = shape_of("Gemma-3-4B", TensorType::bf16);
  Shape full = shape;
  for (Layer& layer : full.layers) layer.kind = LayerKind::full;
  const auto extra = [&](const Use& use, std::uint64_t tokens) {
    return most(shape, use, tokens).count - most(full, use, tokens).count;
  };
  EXPECT_EQ(extra(fused(), 1024), 0U);                     // no longer than the window
  EXPECT_GE(extra(fused(), 16384), 16384ULL * 16384);      // of booleans, all the time
  EXPECT_EQ(extra(eager(), 16384), 16384ULL * 16384 * 2);  // a second one of numbers
}

TEST(MomentsTest, KeepsTheLogitsThatAreAskedFor) {
  const Shape shape = shape_of("Gemma-3-1B", TensorType::bf16);
  Use all = fused();
  all.logits = Logits::all;
  EXPECT_GE(most(shape, all, 4096).count, 4096ULL * 262144 * 2);
  EXPECT_LT(most(shape, fused(), 4096).count, 4096ULL * 262144 * 2 / 4);
}

TEST(MomentsTest, CachesWhatDeepSeekProjectsNotItsLatentRow) {
  Layer layer{.heads = 16, .kv_heads = 1, .key_dim = 576, .value_dim = 0};
  EXPECT_EQ(cache_row(layer, TensorType::bf16).count, 16U * (192 + 128) * 2);
  layer.mla_key_dim = 256;
  layer.mla_value_dim = 64;
  EXPECT_EQ(cache_row(layer, TensorType::bf16).count, 16U * (256 + 64) * 2);
}

TEST(MomentsTest, SendsEachTokenToSeveralExpertsAtOnce) {
  Shape shape = shape_of("Qwen3-30B-A3B", TensorType::bf16);
  const Moment moment = widest(moments(shape, fused(), {1, 4096}));
  EXPECT_GE(moment.bytes.count, 4096ULL * 8 * 4 * 2048 * 2);  // 8 copies of a token, 4 arrays
  EXPECT_LT(moment.least.count, moment.bytes.count / 2);      // one expert after another
  for (Layer& layer : shape.layers) layer.expert_weights = {};
  EXPECT_LT(most(shape, fused(), 4096), moment.bytes);  // a dense one of 6,144
}

}  // namespace
}  // namespace spillway::fit
