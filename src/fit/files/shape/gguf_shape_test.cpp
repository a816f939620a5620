#include <gtest/gtest.h>

#include <algorithm>

#include "fit/files/gguf.h"
#include "fit/shape.h"
#include "tests/support/gguf_models.h"
#include "tests/support/temp_dir.h"

namespace spillway::fit {
namespace {

using support::GgufModel;
using support::GgufWriter;

Shape shape_in(const GgufWriter& writer) {
  const support::TempDir dir;
  writer.write(dir / "m.gguf");
  const auto file = open_gguf(dir / "m.gguf");
  if (!file) throw std::runtime_error(to_string(file.error()));
  return shape_of(*file).value();
}

std::int64_t count(const Shape& shape, LayerKind kind) {
  return std::count_if(shape.layers.begin(), shape.layers.end(),
                       [&](const Layer& layer) { return layer.kind == kind; });
}

// A header alone, of an architecture whose layers are of several kinds.
class Keys {
 public:
  Keys(const std::string& architecture, std::uint32_t layers) : prefix_(architecture + ".") {
    writer_.key("general.architecture", architecture);
    set("block_count", layers).set("embedding_length", 2048).set("attention.head_count", 16);
  }
  Keys& set(const std::string& name, std::uint32_t value) {
    writer_.key(prefix_ + name, value);
    return *this;
  }
  Keys& list(const std::string& name, const std::vector<std::int32_t>& values) {
    writer_.array(prefix_ + name, values);
    return *this;
  }
  Shape shape() const { return shape_in(writer_); }

 private:
  std::string prefix_;
  GgufWriter writer_;
};

TEST(GgufShapeTest, WeightsOfAPublishedFileToTheByte) {
  // node-llama-cpp's tests name these of functionary-small-v2.5 (Llama-3 8B), Q4_0.
  const Shape shape = shape_in(support::gguf_model({.type = 2, .output_type = 14}));
  EXPECT_EQ(shape.weights, 4'653'375'488_B);
  EXPECT_EQ(shape.token_embedding, 295'501'824_B);
  EXPECT_EQ(shape.parameters, 8'030'261'248);
  EXPECT_EQ(shape.vocabulary, 128'256);
  EXPECT_EQ(shape.family, Family::decoder);
  EXPECT_EQ(shape.dtype, TensorType::q4_0);
  EXPECT_FALSE(shape.tied);
  Bytes sum = shape.token_embedding + shape.output + Bytes{4096 * 4};
  for (const Layer& layer : shape.layers) sum += layer.weights;
  EXPECT_EQ(sum, shape.weights);
}

TEST(GgufShapeTest, ParametersOfPublishedModels) {
  const GgufModel qwen25{.architecture = "qwen2",
                         .layers = 36,
                         .embedding = 2048,
                         .heads = 16,
                         .kv_heads = 2,
                         .feed_forward = 11008,
                         .vocabulary = 151936,
                         .tied = true,
                         .qkv_bias = true};
  const Shape three = shape_in(support::gguf_model(qwen25));
  EXPECT_EQ(three.parameters, 3'085'938'688);
  EXPECT_TRUE(three.tied);
  const GgufModel qwen3{.architecture = "qwen3",
                        .layers = 28,
                        .embedding = 1024,
                        .heads = 16,
                        .kv_heads = 8,
                        .feed_forward = 3072,
                        .vocabulary = 151936,
                        .tied = true,
                        .qk_norm = true};
  const Shape small = shape_in(support::gguf_model(qwen3, 1000));  // a shorter tokenizer
  EXPECT_EQ(small.parameters, 596'049'920);
  EXPECT_EQ(small.vocabulary, 151'936);
  const GgufModel gemma3{.architecture = "gemma3",
                         .layers = 26,
                         .embedding = 1152,
                         .heads = 4,
                         .kv_heads = 1,
                         .head_dim = 256,
                         .feed_forward = 6912,
                         .vocabulary = 262144,
                         .window = 512,
                         .tied = true,
                         .qk_norm = true,
                         .four_norms = true};
  const Shape one = shape_in(support::gguf_model(gemma3, 262144));
  EXPECT_EQ(one.parameters, 999'885'952);
  EXPECT_EQ(count(one, LayerKind::full), 4);
  EXPECT_EQ(count(one, LayerKind::sliding), 22);
  EXPECT_EQ(one.window, 512);
}

TEST(GgufShapeTest, ExpertsAreWeighedApart) {
  const GgufModel model{.architecture = "qwen3moe",
                        .layers = 48,
                        .embedding = 2048,
                        .heads = 32,
                        .kv_heads = 4,
                        .feed_forward = 6144,
                        .vocabulary = 151936,
                        .experts = 128,
                        .experts_used = 8,
                        .expert_feed_forward = 768,
                        .qk_norm = true};
  const Shape shape = shape_in(support::gguf_model(model));
  EXPECT_EQ(shape.parameters, 30'532'122'624);
  EXPECT_EQ(shape.experts, 128);
  EXPECT_EQ(shape.experts_used, 8);
  EXPECT_EQ(shape.expert_feed_forward, 768);
  EXPECT_EQ(shape.layers[0].expert_weights, Bytes{std::int64_t{3} * 2048 * 768 * 128 * 2});
  EXPECT_LT(shape.layers[0].expert_weights, shape.layers[0].weights);
}

TEST(GgufShapeTest, GptOssAsPublished) {
  const Shape shape = shape_in(support::gpt_oss_20b_gguf());
  EXPECT_EQ(shape.parameters, 20'914'757'184);
  EXPECT_EQ(shape.dtype, TensorType::mxfp4);
  // The published file takes 12,109,566,560 bytes: what is not weights are 201,088 tokens and 446,189
  // merges, about 13 MB.
  const Bytes header = 12'109'566'560_B - shape.padded_weights;
  EXPECT_GT(header, 12_MiB);
  EXPECT_LT(header, 13_MiB);
  EXPECT_EQ(shape.layers[0].expert_weights,
            Bytes{std::int64_t{3} * 32 * (2880 * 2880 / 32 * 17 + 2880 * 4)});
  EXPECT_EQ(count(shape, LayerKind::sliding), 12);
}

TEST(GgufShapeTest, WindowsAsLlamaCppLaysThem) {
  const auto sliding = [](const char* architecture, std::uint32_t layers, std::uint32_t window) {
    return count(Keys(architecture, layers).set("attention.sliding_window", window).shape(),
                 LayerKind::sliding);
  };
  EXPECT_EQ(sliding("gemma2", 26, 4096), 13);
  EXPECT_EQ(sliding("gemma3", 34, 1024), 29);
  EXPECT_EQ(sliding("gemma3", 62, 1024), 52);
  EXPECT_EQ(sliding("gpt-oss", 24, 128), 12);
  EXPECT_EQ(sliding("cohere2", 32, 4096), 24);
  EXPECT_EQ(sliding("phi3", 32, 2047), 0);
  EXPECT_EQ(sliding("llama", 32, 4096), 0);
  EXPECT_EQ(count(Keys("gemma2", 26).shape(), LayerKind::sliding), 13);
  EXPECT_EQ(count(Keys("gemma3", 26).shape(), LayerKind::sliding), 0);
  EXPECT_EQ(Keys("llama4", 48).shape().window, 8192);
  EXPECT_EQ(sliding("llama4", 48, 0), 0);
  const Shape dense_first = Keys("smallthinker", 8).set("attention.sliding_window", 4096).shape();
  EXPECT_EQ(dense_first.layers[0].kind, LayerKind::full);
  EXPECT_EQ(dense_first.layers[1].kind, LayerKind::sliding);
}

TEST(GgufShapeTest, AListOfFlagsWinsAndSlidingHeadsMayBeNarrower) {
  const Shape shape = Keys("gemma4", 4)
                          .set("attention.sliding_window", 512)
                          .set("attention.key_length", 512)
                          .set("attention.value_length", 512)
                          .set("attention.key_length_swa", 256)
                          .set("attention.value_length_swa", 256)
                          .set("attention.shared_kv_layers", 1)
                          .list("attention.sliding_window_pattern", {1, 0, 1, 1})
                          .list("attention.head_count_kv", {2, 1, 2, 2})
                          .shape();
  EXPECT_EQ(shape.layers[0].kind, LayerKind::sliding);
  EXPECT_EQ(shape.layers[0].key_dim, 256);
  EXPECT_EQ(shape.layers[1].kind, LayerKind::full);
  EXPECT_EQ(shape.layers[1].key_dim, 512);
  EXPECT_EQ(shape.layers[1].kv_heads, 1);
  EXPECT_EQ(shape.layers[3].kind, LayerKind::none);
}

TEST(GgufShapeTest, LatentAttentionBothWays) {
  const auto deepseek = [](bool latent) {
    Keys keys("deepseek2", 27);
    keys.set("attention.kv_lora_rank", 512).set("rope.dimension_count", 64);
    keys.set("attention.head_count_kv", latent ? 1 : 16);
    keys.set("attention.key_length", latent ? 576 : 192);
    keys.set("attention.value_length", latent ? 512 : 128);
    if (latent) keys.set("attention.key_length_mla", 192).set("attention.value_length_mla", 128);
    return keys.shape().layers.at(5);
  };
  const Layer latent = deepseek(true);
  EXPECT_EQ(latent.key_dim * latent.kv_heads * 2 * 27, 31'104);
  EXPECT_EQ(latent.value_dim, 0);
  EXPECT_EQ(latent.mla_key_dim, 192);
  EXPECT_EQ(latent.mla_value_dim, 128);
  const Layer legacy = deepseek(false);
  EXPECT_EQ((legacy.key_dim + legacy.value_dim) * legacy.kv_heads * 2 * 27, 276'480);
  EXPECT_EQ(legacy.mla_key_dim, 0);
}

TEST(GgufShapeTest, RecurrentLayersKeepAStateOfFixedSize) {
  // Qwen3-Next: 16 key heads and 32 value heads of 128.
  const Shape next = Keys("qwen3next", 48)
                         .set("ssm.conv_kernel", 4)
                         .set("ssm.inner_size", 4096)
                         .set("ssm.state_size", 128)
                         .set("ssm.group_count", 16)
                         .shape();
  EXPECT_EQ(count(next, LayerKind::recurrent), 36);
  EXPECT_EQ(next.layers[3].kind, LayerKind::full);
  EXPECT_EQ(next.layers[0].conv_state, 3 * 8192);
  EXPECT_EQ(next.layers[0].cell_state, 32 * 128 * 128);
  EXPECT_EQ(next.layers[0].kv_heads, 0);

  const Shape mamba = Keys("mamba", 24)
                          .set("ssm.conv_kernel", 4)
                          .set("ssm.inner_size", 1536)
                          .set("ssm.state_size", 16)
                          .shape();
  EXPECT_EQ(count(mamba, LayerKind::recurrent), 24);
  EXPECT_EQ(mamba.layers[0].conv_state, 3 * 1536);
  EXPECT_EQ(mamba.layers[0].cell_state, 16 * 1536);

  const Shape lfm2 = Keys("lfm2", 3)
                         .set("shortconv.l_cache", 3)
                         .list("attention.head_count_kv", {0, 0, 8})
                         .shape();
  EXPECT_EQ(lfm2.layers[0].kind, LayerKind::recurrent);
  EXPECT_EQ(lfm2.layers[0].conv_state, 2 * 2048);
  EXPECT_EQ(lfm2.layers[2].kind, LayerKind::full);

  const Shape rwkv = Keys("rwkv6", 24).set("wkv.head_size", 64).shape();
  EXPECT_EQ(rwkv.layers[0].conv_state, 2 * 2048);
  EXPECT_EQ(rwkv.layers[0].cell_state, 2048 * 64);
}

TEST(GgufShapeTest, EncodersAndFeedForwardLayersKeepNothing) {
  EXPECT_EQ(count(Keys("bert", 12).shape(), LayerKind::none), 12);
  EXPECT_EQ(Keys("bert", 12).shape().family, Family::encoder);
  const Shape nemotron = Keys("nemotron_h", 3)
                             .list("attention.head_count_kv", {0, 8, 0})
                             .list("feed_forward_length", {0, 0, 9000})
                             .shape();
  EXPECT_EQ(nemotron.layers[0].kind, LayerKind::recurrent);
  EXPECT_EQ(nemotron.layers[1].kind, LayerKind::full);
  EXPECT_EQ(nemotron.layers[2].kind, LayerKind::none);
  EXPECT_EQ(count(Keys("glm4moe", 47).set("nextn_predict_layers", 1).shape(), LayerKind::none), 1);
}

TEST(GgufShapeTest, AnEncoderBesideADecoderIsWeighedApart) {
  GgufWriter writer;
  writer.key("general.architecture", "t5")
      .key("t5.block_count", 2U)
      .key("t5.embedding_length", 64U);
  writer.key("t5.attention.head_count", 4U).key("t5.decoder_block_count", 1U);
  support::add_tensor(writer, "enc.blk.0.attn_q.weight", {64, 64}, 1);
  support::add_tensor(writer, "dec.blk.0.attn_q.weight", {64, 32}, 1);
  const Shape shape = shape_in(writer);
  EXPECT_EQ(shape.family, Family::encoder_decoder);
  EXPECT_EQ(shape.layers.size(), 1);
  EXPECT_EQ(shape.layers[0].weights, 4096_B);
  ASSERT_TRUE(shape.encoder);
  EXPECT_EQ(shape.encoder->layers, 2);
  EXPECT_EQ(shape.encoder->weights, 8192_B);
}

TEST(GgufShapeTest, FiguresThatCannotBeTrueLeaveOnlyTheWeights) {
  for (const char* key : {"embedding_length", "attention.key_length", "expert_count"}) {
    GgufWriter writer;
    writer.key("general.architecture", "llama").key("llama.block_count", 2U);
    writer.key(std::string("llama.") + key, std::uint32_t{0xffffffff});
    support::add_tensor(writer, "token_embd.weight", {32, 10}, 0);
    const Shape shape = shape_in(writer);
    EXPECT_EQ(shape.family, Family::other) << key;
    EXPECT_EQ(shape.weights, 1280_B) << key;
    EXPECT_FALSE(shape.guesses.empty()) << key;
  }
  EXPECT_EQ(Keys("llama", 0xffffffff).shape().family, Family::other);
}

}  // namespace
}  // namespace spillway::fit
