#include "fit/need/inverse.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "fit/need/known_models_test.h"

namespace spillway::fit {
namespace {

using known::shape_of;

Bytes gib(double n) { return scaled(1_GiB, n); }

// The table of docs/planning.md: fit_need_test --gtest_filter=InverseTest.SaysHow*3b*
// "3B, fp16, in 14.74 GiB, with an agent's growing history": it ran at 6,000 tokens with eager
// attention and died at the next length that was tried, 10,500; fused, 51,000 still fitted.
TEST(InverseTest, SaysHowManyTokensUntilA3bModelDies) {
  for (const TensorType type : {TensorType::f16, TensorType::bf16}) {
    const Shape shape = shape_of("Qwen2.5-3B", type);
    Use use{.backend = Backend::transformers, .attention = Attention::eager};
    const auto until = [&](Bound bound) {
      return largest_context(shape, use, Where::vram, gib(14.74), bound).value();
    };
    const auto print = [&](const char* attention) {
      fmt::print("{} {}: sure to fit {}, likely {}, until it dies {}\n", layout_of(type).name,
                 attention, until(Bound::high), until(Bound::likely), until(Bound::until_failure));
    };
    print("eager");
    EXPECT_GE(until(Bound::until_failure), 6000U);
    EXPECT_LT(until(Bound::until_failure), 10500U);
    EXPECT_LT(until(Bound::likely), until(Bound::until_failure));
    EXPECT_LT(until(Bound::high), until(Bound::likely));
    use.attention = Attention::flash;
    print("fused");
    EXPECT_GE(until(Bound::until_failure), 51000U);
    EXPECT_GE(until(Bound::high), 51000U);
  }
}

TEST(InverseTest, StaysJustUnderTheLimit) {
  for (const Backend backend : {Backend::llama_cpp, Backend::transformers, Backend::vllm}) {
    const Shape shape = shape_of("Gemma-3-4B");
    for (const Bound bound : {Bound::high, Bound::likely, Bound::until_failure}) {
      Use use{.backend = backend, .attention = Attention::flash};
      const std::uint64_t most = largest_context(shape, use, Where::vram, 12_GiB, bound).value();
      ASSERT_GT(most, 1U);
      ASSERT_LT(most, kLongestContext);
      use.context = most;
      EXPECT_LE(peak_of(footprint_of(shape, use).value(), Where::vram, bound), 12_GiB);
      use.context = most + 1;
      EXPECT_GT(peak_of(footprint_of(shape, use).value(), Where::vram, bound), 12_GiB);
    }
  }
}

TEST(InverseTest, GrowsWithTheContextInEveryBackend) {
  for (const known::Model& model : known::models()) {
    const Shape shape = shape_of(model);
    for (const Backend backend :
         {Backend::llama_cpp, Backend::transformers, Backend::onnxruntime, Backend::vllm}) {
      for (const Attention attention : {Attention::flash, Attention::eager}) {
        Bytes before;
        for (const std::uint64_t context : {1, 255, 256, 257, 1000, 1025, 5000, 40000, 200000}) {
          const Use use{.backend = backend, .context = context, .attention = attention};
          const Bytes peak = peak_of(footprint_of(shape, use).value(), Where::vram, Bound::high);
          EXPECT_GE(peak, before) << model.name << " at " << context;
          before = peak;
        }
      }
    }
  }
}

TEST(InverseTest, SaysNothingFitsAndNothingGrows) {
  const Shape shape = shape_of("Qwen2.5-3B");
  EXPECT_EQ(largest_context(shape, {}, Where::vram, 1_GiB), 0U);
  Shape recurrent = shape;
  for (Layer& layer : recurrent.layers)
    layer = {.kind = LayerKind::recurrent, .cell_state = 1 << 20};
  EXPECT_EQ(largest_context(recurrent, {}, Where::vram, 64_GiB), kLongestContext);
  EXPECT_FALSE(largest_context(shape, {.micro_batch = 0}, Where::vram, 64_GiB));
}

// 11 minutes took near 20 GB of an attention without a window; 24 GB hold a little more.
TEST(InverseTest, SaysHowManySecondsOfSpeechFit) {
  const Shape shape = known::parakeet();
  const double on_24 =
      largest_audio_seconds(shape, {}, Where::vram, gib(24), Bound::likely).value();
  EXPECT_GT(on_24, 10 * 60);
  EXPECT_LT(on_24, 13 * 60);
  const double on_8 = largest_audio_seconds(shape, {}, Where::vram, gib(8), Bound::likely).value();
  EXPECT_LT(on_8, on_24 / 1.5);
  EXPECT_EQ(largest_audio_seconds(shape, {}, Where::vram, 2_GiB), 0.0);
  EXPECT_EQ(largest_audio_seconds(known::whisper("small"), {}, Where::vram, 8_GiB), kLongestAudio);
  EXPECT_FALSE(largest_audio_seconds(shape_of("Qwen2.5-3B"), {}, Where::vram, 8_GiB));
}

}  // namespace
}  // namespace spillway::fit
