#include <gtest/gtest.h>

#include "fit/footprint.h"
#include "fit/need/known_models_test.h"

namespace spillway::fit {
namespace {

using known::shape_of;

Footprint of(const Shape& shape, const Use& use) {
  const Result<Footprint> footprint = footprint_of(shape, use);
  EXPECT_TRUE(footprint) << (footprint ? "" : to_string(footprint.error()));
  return footprint.value_or(Footprint{});
}

Range named(const Footprint& footprint, Where where, std::string_view name) {
  Range range;
  for (const Part& part : footprint.parts) {
    if (part.where == where && part.name == name) range += part.bytes;
  }
  return range;
}

Bytes weights(const Footprint& footprint, Where where) {
  return footprint.sum(where, PartKind::weights).likely;
}

double mib(Bytes bytes) { return static_cast<double>(bytes.count) / (1 << 20); }

// functionary-small-v2.5 in Q4_0 (node-llama-cpp's tests): 4.06 GB on the GPU, 281.81 MB not.
TEST(LlamaCppTest, KeepsTheTokenEmbeddingOnTheCpu) {
  Shape shape = shape_of("Llama-3-8B", TensorType::q4_0);
  shape.weights = shape.padded_weights = 4'653'375'488_B;
  shape.token_embedding = 295'501'824_B;
  shape.output = 430'940'160_B;
  const Footprint footprint = of(shape, {.context = 8192});
  EXPECT_NEAR(mib(weights(footprint, Where::ram)), 281.81, 0.005);
  EXPECT_NEAR(mib(weights(footprint, Where::vram)) / 1024, 4.06, 0.005);
  EXPECT_EQ(weights(footprint, Where::ram) + weights(footprint, Where::vram), shape.weights);
}

TEST(LlamaCppTest, CountsEveryByteOfEveryModelOnce) {
  for (const known::Model& model : known::models()) {
    const Shape shape = shape_of(model);
    const Bytes copy = shape.tied ? shape.token_embedding : Bytes{};
    for (const auto& [layers, copied] : {std::pair<std::uint64_t, Bytes>{0, Bytes{}},
                                         {1, copy},
                                         {model.layers, copy},
                                         {model.layers + 1, copy},
                                         {model.layers + 99, copy}}) {
      const Footprint footprint = of(shape, {.gpu_layers = layers});
      EXPECT_EQ(weights(footprint, Where::ram) + weights(footprint, Where::vram),
                shape.weights + copied)
          << model.name << " with " << layers << " layers on the GPU";
    }
  }
}

TEST(LlamaCppTest, PutsTheLastLayersOnTheGpuAndTheirCacheWithThem) {
  const Shape shape = shape_of("Mistral-7B v0.3");
  const Footprint footprint = of(shape, {.gpu_layers = 9});  // the output and 8 of 32
  EXPECT_EQ(footprint.sum(Where::vram, PartKind::kv).likely, 128_MiB);
  EXPECT_EQ(footprint.sum(Where::ram, PartKind::kv).likely, 384_MiB);
  EXPECT_EQ(named(footprint, Where::vram, "weights, 8 layers").likely,
            Bytes{8 * shape.layers[0].weights.count});
  EXPECT_EQ(named(footprint, Where::vram, "output").likely, shape.output);
}

TEST(LlamaCppTest, UsesNoVramOnTheCpu) {
  for (const Use& use : {Use{.gpu_layers = 0}, Use{.on_cpu = true}}) {
    const Footprint footprint = of(shape_of("Gemma-3-4B"), use);
    EXPECT_EQ(footprint.sum(Where::vram), Range{});
    EXPECT_GT(footprint.sum(Where::ram).likely, 7'760'526'336_B);
  }
}

TEST(LlamaCppTest, LeavesExpertsOnTheCpu) {
  const Shape shape = shape_of("Qwen3-30B-A3B");
  const Bytes experts{shape.layers[0].expert_weights.count * 48};
  const Footprint all = of(shape, {});
  const Footprint split = of(shape, {.experts_on_cpu = true});
  EXPECT_EQ(weights(all, Where::vram) - weights(split, Where::vram), experts);
  EXPECT_EQ(weights(split, Where::ram) - weights(all, Where::ram), experts);
  EXPECT_EQ(all.sum(Where::vram, PartKind::kv), split.sum(Where::vram, PartKind::kv));
}

// tools/fit-params/README.md: 384 MiB of cache and 898 MiB to compute with at 4,096 tokens, part of
// the experts on the host.
TEST(LlamaCppTest, IsNearThePublishedBufferOfExpertsOnTheHost) {
  const Footprint footprint =
      of(shape_of("Qwen3-30B-A3B"), {.gpu_layers = 14, .llama_cpp_build = 7407});
  const Range range = footprint.sum(Where::vram, PartKind::compute);
  EXPECT_NEAR(mib(range.likely), 898, 0.06 * 898);
  EXPECT_GT(mib(range.high), 898);
}

struct Buffer {
  const char* model;
  std::uint64_t embedding, vocabulary, feed_forward, micro_batch;
  double mebibytes;
};

// Logs of builds that lay the graph out for the logits of a whole micro-batch.
TEST(LlamaCppTest, ReproducesPublishedComputeBuffers) {
  for (const Buffer& log : {Buffer{"Gemma-3-12B", 3840, 262144, 15360, 512, 519.50},
                            Buffer{"phi-2", 2560, 51200, 10240, 512, 105.00},
                            Buffer{"Llama-3-8B", 4096, 128256, 14336, 512, 258.50},
                            Buffer{"Qwen3-30B", 2048, 151936, 6144, 64, 37.59}}) {
    Shape shape = shape_of("Mistral-7B v0.1");
    shape.embedding = log.embedding;
    shape.vocabulary = log.vocabulary;
    shape.feed_forward = log.feed_forward;
    const Use use{.micro_batch = log.micro_batch, .llama_cpp_build = 9000};
    EXPECT_NEAR(mib(named(of(shape, use), Where::vram, "compute buffer").likely), log.mebibytes,
                0.005)
        << log.model;
  }
}

TEST(LlamaCppTest, KnowsWhichBuildsComputeTheLogitsOfOnePosition) {
  const Shape shape = shape_of("Llama-3-8B");
  const auto buffer = [&](std::uint64_t build, Logits logits) {
    const Footprint footprint = of(shape, {.logits = logits, .llama_cpp_build = build});
    return named(footprint, Where::vram, "compute buffer").likely;
  };
  EXPECT_EQ(buffer(9459, Logits::last), buffer(0, Logits::all));
  EXPECT_EQ(buffer(9460, Logits::last), buffer(0, Logits::last));
  EXPECT_LT(buffer(9460, Logits::last), buffer(9459, Logits::last));
}

// Qwen3-30B at 64,000 tokens and a micro-batch of 64: 8.31 MiB; Llama-3 at 8,192 without flash
// attention 24.0, and 512 MiB of scores on the GPU.
TEST(LlamaCppTest, ReproducesPublishedHostBuffersAndScores) {
  const Footprint qwen = of(shape_of("Qwen3-30B-A3B"), {.context = 64000, .micro_batch = 64});
  EXPECT_NEAR(mib(named(qwen, Where::ram, "mask and input").likely), 8.31, 0.005);
  const Shape llama = shape_of("Llama-3-8B");
  const Footprint eager = of(llama, {.context = 8192, .attention = Attention::eager});
  const Footprint flash = of(llama, {.context = 8192});
  EXPECT_EQ(mib(named(eager, Where::ram, "mask and input").likely), 24.0);
  EXPECT_EQ(mib(named(eager, Where::vram, "compute buffer").likely -
                named(flash, Where::vram, "compute buffer").likely),
            512);
}

TEST(LlamaCppTest, WritesEachLineOfTheSum) {
  const Footprint footprint = of(shape_of("Gemma-3-4B"), {.context = 8192});
  for (const Part& part : footprint.parts) {
    EXPECT_FALSE(part.formula.empty()) << part.name;
    EXPECT_LE(part.bytes.low, part.bytes.likely) << part.name;
    EXPECT_LE(part.bytes.likely, part.bytes.high) << part.name;
    if (part.origin == Origin::exact) {
      EXPECT_EQ(part.bytes.low, part.bytes.high) << part.name;
    }
  }
  ASSERT_TRUE(std::any_of(footprint.parts.begin(), footprint.parts.end(), [](const Part& part) {
    return part.formula ==
           "5 layers x 8192 cells x (K 1024 x F16 = 2048 B + V 1024 x F16 = 2048 B)";
  }));
}

TEST(LlamaCppTest, SaysHighestAmountsNotFarAboveTheLikely) {
  for (const known::Model& model : known::models()) {
    const Range peak = of(shape_of(model), {.context = 8192}).sum(Where::vram);
    EXPECT_LE(ratio(peak.high, peak.likely), 1.15) << model.name;
  }
}

}  // namespace
}  // namespace spillway::fit
