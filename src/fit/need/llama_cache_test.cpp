#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "fit/footprint.h"
#include "fit/need/known_models_test.h"

namespace spillway::fit {
namespace {

using known::shape_of;

std::int64_t kv(const Shape& shape, const Use& use) {
  const Result<Footprint> footprint = footprint_of(shape, use);
  EXPECT_TRUE(footprint) << (footprint ? "" : to_string(footprint.error()));
  if (!footprint) return -1;
  const Range range =
      footprint->sum(Where::vram, PartKind::kv) + footprint->sum(Where::ram, PartKind::kv);
  EXPECT_EQ(range.low, range.high);
  return range.likely.count;
}

Use f16_of(std::uint64_t context) { return {.context = context}; }

Use typed(std::uint64_t context, TensorType k, TensorType v) {
  return {.context = context, .cache_k = k, .cache_v = v, .cache_type_given = true};
}

Use q8(std::uint64_t context) { return typed(context, TensorType::q8_0, TensorType::q8_0); }

Shape named(std::string_view name) {
  if (name == "DeepSeek-V2-Lite latent") return known::deepseek_v2_lite(true);
  if (name == "DeepSeek-V2-Lite legacy") return known::deepseek_v2_lite(false);
  if (name == "DeepSeek-R1") return known::deepseek_r1();
  return shape_of(name);
}

struct Row {
  std::string_view model;
  std::int64_t at_4096, at_8192, at_32768, at_131072, q8_at_32768;
};

// llama.cpp's own allocations: one sequence, one cache, a micro-batch of 512.
constexpr std::array kRows = {
    // clang-format off
    Row{"Qwen2.5-3B", 150994944, 301989888, 1207959552, 4831838208, 641728512},
    Row{"Mistral-7B v0.1", 536870912, 1073741824, 4294967296, 17179869184, 2281701376},
    Row{"Gemma-2-2B", 436207616, 681574400, 1990197248, 7224688640, 1057292288},
    Row{"Gemma-2-9B", 1409286144, 2202009600, 6429868032, 23341301760, 3415867392},
    Row{"Gemma-3-1B", 39845888, 56623104, 157286400, 559939584, 83558400},
    Row{"Gemma-3-4B", 266338304, 350224384, 853540864, 2866806784, 453443584},
    Row{"Gemma-3-12B", 771751936, 1040187392, 2650800128, 9093251072, 1408237568},
    Row{"Gemma-3-27B", 989855744, 1325400064, 3338665984, 11391729664, 1773666304},
    Row{"Phi-3-mini", 1610612736, 3221225472, 12884901888, 51539607552, 6845104128},
    Row{"Phi-4", 838860800, 1677721600, 6710886400, 26843545600, 3565158400},
    Row{"Phi-4-mini", 536870912, 1073741824, 4294967296, 17179869184, 2281701376},
    Row{"gpt-oss-20b", 119537664, 220200960, 824180736, 3240099840, 437846016},
    Row{"Qwen3-0.6B", 469762048, 939524096, 3758096384, 15032385536, 1996488704},
    Row{"Qwen3-30B-A3B", 402653184, 805306368, 3221225472, 12884901888, 1711276032},
    Row{"DeepSeek-V2-Lite latent", 127401984, 254803968, 1019215872, 4076863488, 541458432},
    Row{"DeepSeek-V2-Lite legacy", 1132462080, 2264924160, 9059696640, 36238786560, 4812963840},
    Row{"DeepSeek-R1", 287834112, 575668224, 2302672896, 9210691584, 1223294976},
    // clang-format on
};

TEST(LlamaCacheTest, IsExactForEveryKnownModel) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.model);
    const Shape shape = named(row.model);
    EXPECT_EQ(kv(shape, f16_of(4096)), row.at_4096);
    EXPECT_EQ(kv(shape, f16_of(8192)), row.at_8192);
    EXPECT_EQ(kv(shape, f16_of(32768)), row.at_32768);
    EXPECT_EQ(kv(shape, f16_of(131072)), row.at_131072);
    EXPECT_EQ(kv(shape, q8(32768)), row.q8_at_32768);
  }
}

struct Published {
  const char* where;
  std::string_view model;
  Use use;
  double mebibytes;
};

Use without_window(std::uint64_t context) {
  Use use = f16_of(context);
  use.swa_full = true;
  return use;
}

TEST(LlamaCacheTest, ReproducesPublishedLogs) {
  const std::array published = {
      // clang-format off
      Published{"llama.cpp tools/fit-params", "Qwen3-30B-A3B", f16_of(4096), 384},
      Published{"llama.cpp tools/fit-params", "Qwen3-30B-A3B", f16_of(40960), 3456 + 384},
      Published{"ik_llama.cpp docs/parameters.md", "Qwen3-0.6B", f16_of(32768), 3584},
      Published{"ik_llama.cpp docs/parameters.md", "Qwen3-0.6B", q8(1024), 59.5},
      Published{"ik_llama.cpp 258", "DeepSeek-R1", q8(65536), 2333.25},
      Published{"ik_llama.cpp 223", "DeepSeek-R1", f16_of(163840), 10980},
      Published{"ik_llama.cpp, --swa-full", "Gemma-3-12B", without_window(10240), 3840},
      Published{"ollama 5136", "DeepSeek-V2-Lite legacy", f16_of(32768), 8640},
      // what other planners miss by 0.13x to 8x
      Published{"planners", "Gemma-3-4B", f16_of(131072), 2734},
      Published{"planners", "Gemma-3-27B", f16_of(131072), 10864},
      Published{"planners", "gpt-oss-20b", f16_of(131072), 3090},
      Published{"planners", "DeepSeek-V2-Lite latent", f16_of(32768), 972},
      Published{"planners", "Phi-3-mini", f16_of(8192), 3072},
      // clang-format on
  };
  for (const Published& log : published) {
    SCOPED_TRACE(testing::Message() << log.where << ": " << log.model);
    EXPECT_EQ(kv(named(log.model), log.use), std::llround(log.mebibytes * (1 << 20)));
  }
}

// ik_llama.cpp docs/build.md: K of q8_0 takes 1593.75 MiB, V of q4_0 843.75.
TEST(LlamaCacheTest, GivesKeysAndValuesTypesOfTheirOwn) {
  EXPECT_EQ(kv(shape_of("Qwen3-30B-A3B"), typed(64000, TensorType::q8_0, TensorType::q4_0)),
            std::llround((1593.75 + 843.75) * (1 << 20)));
}

// LlamaBarn's catalogue: bytes per 1,024 tokens of the full layers.
TEST(LlamaCacheTest, GrowsByThePublishedBytesPerToken) {
  struct Growth {
    std::string_view model;
    std::int64_t bytes;
  };
  for (const Growth& row : {Growth{"gpt-oss-20b", 25165824}, Growth{"Gemma-3-27B", 83886080},
                            Growth{"Gemma-3-12B", 67108864}, Growth{"Gemma-3-4B", 20971520},
                            Growth{"Gemma-3-1B", 4194304}, Growth{"Qwen3-30B-A3B", 100663296}}) {
    const Shape shape = shape_of(row.model);
    EXPECT_EQ(kv(shape, f16_of(9216)) - kv(shape, f16_of(8192)), row.bytes) << row.model;
  }
}

// Gemma-4-E4B (GenieX PR 1346): 20 sliding layers of 40,960 B per cell together, 4 full ones of
// 16,384, and layers that share a cache and so have none.
TEST(LlamaCacheTest, CountsSharedCachesOnceAndHeadsThatDiffer) {
  Shape shape;
  shape.window = 1024;
  for (int i = 0; i < 42; ++i) {
    const bool full = i % 6 == 5;
    const std::uint64_t dim = full ? 512 : 256;
    Layer layer{.kind = full ? LayerKind::full : LayerKind::sliding,
                .heads = 8,
                .kv_heads = 2,
                .key_dim = dim,
                .value_dim = dim};
    if (i >= 24) layer.kind = LayerKind::none;
    shape.layers.push_back(layer);
  }
  EXPECT_EQ(kv(shape, f16_of(4096)), (60 + 64) << 20);
  EXPECT_EQ(kv(shape, without_window(4096)), (160 + 64) << 20);
}

TEST(LlamaCacheTest, PadsTheContextAndCutsItIntoStreams) {
  const Shape shape = shape_of("Qwen2.5-3B");
  EXPECT_EQ(kv(shape, f16_of(1)), 256 * 36864);
  EXPECT_EQ(kv(shape, f16_of(257)), 512 * 36864);
  Use use{.context = 1000, .slots = 4};
  EXPECT_EQ(kv(shape, use), 1024 * 36864);
  use.unified_cache = false;
  EXPECT_EQ(kv(shape, use), 4 * 1024 * 36864);
}

TEST(LlamaCacheTest, WidensWindowsByTheSlotsThatShareThem) {
  Shape shape = shape_of("Gemma-3-4B");  // 5 full layers, 29 of 1,024 tokens, 4,096 B per cell
  constexpr std::int64_t kCell = 4096;
  Use use{.context = 8192, .slots = 4};
  EXPECT_EQ(kv(shape, use), kCell * (5 * 8192 + 29 * (4 * 1024 + 512)));
  use.unified_cache = false;
  EXPECT_EQ(kv(shape, use), 4 * kCell * (5 * 8192 + 29 * (1024 + 512)));
  use = {.context = 8192, .micro_batch = 100};
  EXPECT_EQ(kv(shape, use), kCell * (5 * 8192 + 29 * 1280));
}

TEST(LlamaCacheTest, KeepsStatesOfFixedSizeForRecurrentLayers) {
  // Mamba of d_inner 4096, d_state 16, d_conv 4: (4 - 1) x 4096 and 16 x 4096 numbers of f32.
  Shape shape;
  shape.layers.assign(3, {.kind = LayerKind::recurrent, .conv_state = 12288, .cell_state = 65536});
  shape.layers.push_back({.kv_heads = 8, .key_dim = 128, .value_dim = 128});
  for (const std::uint64_t context : {4096, 8192}) {
    const Use use{.context = context, .slots = 2};
    EXPECT_EQ(kv(shape, use), 3 * 2 * (12288 + 65536) * 4 + static_cast<int>(context) * 4096);
  }
}

TEST(LlamaCacheTest, TransposesValuesWithoutFlashAttention) {
  Shape shape;
  shape.layers = {{.heads = 8, .kv_heads = 8, .key_dim = 64, .value_dim = 64},
                  {.heads = 8, .kv_heads = 2, .key_dim = 64, .value_dim = 64}};
  Use use{.context = 256, .attention = Attention::eager};
  EXPECT_EQ(kv(shape, use), 256 * 2 * (512 + 512 + 128 + 512));
  use.attention = Attention::flash;
  EXPECT_EQ(kv(shape, use), 256 * 2 * (512 + 512 + 128 + 128));
}

TEST(LlamaCacheTest, RefusesWhatLlamaCppRefusesAndSaysWhatInstead) {
  const Shape shape = shape_of("Qwen2.5-3B");
  const auto refusal = [](const Shape& of, const Use& use) {
    const Result<Footprint> footprint = footprint_of(of, use);
    EXPECT_FALSE(footprint);
    if (footprint) return std::string();
    EXPECT_EQ(footprint.error().code, Errc::invalid);
    EXPECT_FALSE(footprint.error().hint.empty());
    return footprint.error().what;
  };
  Use use = q8(4096);
  use.attention = Attention::eager;
  EXPECT_EQ(refusal(shape, use), "a quantised V cache needs flash attention");
  EXPECT_EQ(refusal(shape, typed(4096, TensorType::q6_k, TensorType::f16)),
            "llama.cpp has no Q6_K cache");
  EXPECT_EQ(refusal(shape, {.context = 0}),
            "a context, slots and a micro-batch of at least 1 are needed");
  EXPECT_EQ(refusal(shape, {.context = 3, .slots = 4}), "more slots than tokens of context");
  Shape odd = shape;
  odd.layers[3].key_dim = 40;
  EXPECT_EQ(refusal(odd, q8(4096)), "blocks of 32 do not divide heads of 40");
  EXPECT_EQ(refusal(shape, {.backend = Backend::llama_cpp, .precision = TensorType::f16}),
            "llama.cpp computes with the types that the file has");
}

TEST(LlamaCacheTest, NeitherWrapsNorFailsOnNumbersThatLie) {
  Shape shape;
  constexpr std::uint64_t kHuge = ~std::uint64_t{0};
  shape.layers.assign(100, {.heads = kHuge, .kv_heads = kHuge, .key_dim = kHuge, .value_dim = 32});
  shape.window = kHuge;
  shape.vocabulary = shape.embedding = shape.feed_forward = kHuge;
  shape.experts = shape.experts_used = shape.expert_feed_forward = kHuge;
  const Use use{
      .context = kHuge, .slots = kHuge, .micro_batch = kHuge, .attention = Attention::eager};
  EXPECT_GE(kv(shape, use), std::int64_t{1} << 62);
}

}  // namespace
}  // namespace spillway::fit
