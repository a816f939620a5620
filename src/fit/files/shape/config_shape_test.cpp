#include <gtest/gtest.h>

#include <algorithm>

#include "fit/files/config_json.h"
#include "fit/files/header_reader.h"
#include "fit/files/parts.h"
#include "fit/shape.h"
#include "tests/support/mutations.h"
#include "tests/support/published_configs.h"

namespace spillway::fit {
namespace {

using support::published_configs;

Result<Shape> shape_in(std::string_view text) {
  HeaderReader in = HeaderReader::over(text, "config.json");
  ModelFile file = begin_file(in, FileFormat::config_only);
  read_config_json(in, file);
  if (!in.ok()) return in.error();
  return shape_of(file);
}

Shape published(std::string_view name) {
  for (const auto& config : published_configs()) {
    if (config.name == name) return shape_in(config.text).value();
  }
  throw std::runtime_error("no such model");
}

std::int64_t count(const Shape& shape, LayerKind kind) {
  return std::count_if(shape.layers.begin(), shape.layers.end(),
                       [&](const Layer& layer) { return layer.kind == kind; });
}

std::uint64_t kv_bytes_per_token(const Shape& shape) {
  std::uint64_t numbers = 0;
  for (const Layer& layer : shape.layers) {
    numbers += layer.kv_heads * (layer.key_dim + layer.value_dim);
  }
  return numbers * 2;
}

TEST(ConfigShapeTest, ParametersAreThePublishedOnesToTheUnit) {
  for (const auto& config : published_configs()) {
    const auto shape = shape_in(config.text);
    ASSERT_TRUE(shape) << config.name << ": " << to_string(shape.error());
    EXPECT_EQ(shape->parameters, config.parameters)
        << config.name << " by "
        << static_cast<std::int64_t>(shape->parameters) -
               static_cast<std::int64_t>(config.parameters);
    EXPECT_NE(shape->family, Family::other) << config.name;
    const auto width = static_cast<std::int64_t>(shape->dtype == TensorType::f32 ? 4 : 2);
    EXPECT_EQ(shape->weights, Bytes{static_cast<std::int64_t>(config.parameters) * width})
        << config.name;
  }
}

TEST(ConfigShapeTest, CachesOfPublishedModels) {
  struct Case {
    const char* name;
    std::uint64_t bytes_per_token;  // with every layer full
    std::int64_t sliding;
    std::uint64_t window;
  };
  const std::vector<Case> cases = {
      {"Qwen2.5-3B", 36'864, 0, 0},
      {"Mistral-7B-v0.1", 131'072, 32, 4096},
      {"Mistral-7B-v0.3", 131'072, 0, 0},
      {"Gemma-2-2B", 106'496, 13, 4096},
      {"Gemma-2-9B", 344'064, 21, 4096},
      {"Gemma-3-1B", 26'624, 22, 512},
      {"Gemma-3-4B text", 139'264, 29, 1024},
      {"Gemma-3-12B text", 393'216, 40, 1024},
      {"Gemma-3-27B text", 507'904, 52, 1024},
      {"Phi-3-mini", 393'216, 32, 2047},
      {"Phi-3-medium", 204'800, 40, 2047},
      {"Phi-4", 204'800, 0, 0},
      {"Phi-4-mini", 131'072, 32, 262144},
      {"Qwen3-0.6B", 114'688, 0, 0},
      {"Qwen3-30B-A3B", 98'304, 0, 0},
      {"DeepSeek-V2-Lite", 31'104, 0, 0},
      {"gpt-oss-20b", 49'152, 12, 128},
      {"Falcon-7B", 32 * 2 * 64 * 2, 0, 0},
  };
  for (const Case& c : cases) {
    const Shape shape = published(c.name);
    EXPECT_EQ(kv_bytes_per_token(shape), c.bytes_per_token) << c.name;
    EXPECT_EQ(count(shape, LayerKind::sliding), c.sliding) << c.name;
    EXPECT_EQ(shape.window, c.window) << c.name;
  }
  const Layer latent = published("DeepSeek-V2-Lite").layers[3];
  EXPECT_EQ((latent.mla_key_dim + latent.mla_value_dim) * latent.heads * 2 * 27, 276'480);
}

TEST(ConfigShapeTest, SpeechModelsHaveAnEncoder) {
  const Shape whisper = published("Whisper large-v3-turbo");
  EXPECT_EQ(whisper.family, Family::encoder_decoder);
  EXPECT_EQ(whisper.layers.size(), 4);
  ASSERT_TRUE(whisper.encoder);
  EXPECT_EQ(whisper.encoder->kind, EncoderKind::whisper);
  EXPECT_EQ(whisper.encoder->layers, 32);
  EXPECT_EQ(whisper.encoder->positions, 1500);
  EXPECT_DOUBLE_EQ(whisper.encoder->positions_per_second, 50);
  EXPECT_TRUE(whisper.tied);

  const Shape ctc = shape_in(R"({"model_type":"parakeet_ctc","encoder_config":{"hidden_size":1024,
    "num_hidden_layers":24,"num_attention_heads":8,"intermediate_size":4096},"vocab_size":1025})")
                        .value();
  EXPECT_EQ(ctc.family, Family::encoder);
  EXPECT_EQ(ctc.encoder->kind, EncoderKind::fast_conformer);
  EXPECT_DOUBLE_EQ(ctc.encoder->positions_per_second, 12.5);
  EXPECT_NEAR(static_cast<double>(ctc.parameters), 0.61e9, 0.02e9);
}

TEST(ConfigShapeTest, MultimodalModelsAreTheirTextModelAndATower) {
  const Shape shape = shape_in(R"({"model_type":"gemma3","torch_dtype":"bfloat16","text_config":{
    "model_type":"gemma3_text","hidden_size":2560,"intermediate_size":10240,"num_hidden_layers":34,
    "sliding_window":1024},"vision_config":{"hidden_size":1152,"image_size":896,
    "intermediate_size":4304,"model_type":"siglip_vision_model","num_attention_heads":16,
    "num_hidden_layers":27,"patch_size":14}})")
                          .value();
  EXPECT_EQ(shape.architecture, "gemma3");
  EXPECT_EQ(shape.layers.size(), 34);
  EXPECT_EQ(shape.dtype, TensorType::bf16);
  ASSERT_TRUE(shape.encoder);
  EXPECT_EQ(shape.encoder->kind, EncoderKind::vision);
  EXPECT_EQ(shape.encoder->positions, 4096);
  // The tower has 417 million parameters.
  EXPECT_NEAR(static_cast<double>(shape.encoder->weights.count), 2 * 417e6, 2 * 5e6);
  EXPECT_FALSE(shape.guesses.empty());
}

TEST(ConfigShapeTest, HybridModelsKeepAStateInSomeLayers) {
  const Shape next =
      shape_in(R"({"model_type":"qwen3_next","hidden_size":2048,"num_hidden_layers":48,
    "num_attention_heads":16,"num_key_value_heads":2,"head_dim":256,"linear_num_value_heads":32,
    "linear_num_key_heads":16,"linear_key_head_dim":128,"linear_value_head_dim":128,
    "linear_conv_kernel_dim":4,"full_attention_interval":4,"num_experts":512,"num_experts_per_tok":10,
    "moe_intermediate_size":512,"shared_expert_intermediate_size":512,"intermediate_size":5120,
    "vocab_size":151936})")
          .value();
  EXPECT_EQ(count(next, LayerKind::recurrent), 36);
  EXPECT_EQ(next.layers[0].cell_state, 32 * 128 * 128);
  EXPECT_EQ(next.layers[0].conv_state, 8192 * 4);
  EXPECT_NEAR(static_cast<double>(next.parameters), 80e9, 1e9);
  EXPECT_FALSE(next.dtype_known);

  const Shape jamba = shape_in(R"({"model_type":"jamba","hidden_size":4096,"num_hidden_layers":32,
    "num_attention_heads":32,"num_key_value_heads":8,"attn_layer_period":8,"attn_layer_offset":4,
    "mamba_d_state":16,"mamba_d_conv":4,"mamba_expand":2,"vocab_size":65536,"num_experts":1})")
                          .value();
  EXPECT_EQ(count(jamba, LayerKind::full), 4);
  EXPECT_EQ(jamba.layers[4].kind, LayerKind::full);
  EXPECT_EQ(jamba.layers[0].cell_state, 8192 * 16);

  const Shape lfm = shape_in(R"({"model_type":"lfm2","hidden_size":1024,"num_hidden_layers":3,
    "num_attention_heads":16,"num_key_value_heads":8,"conv_L_cache":3,"vocab_size":65536,
    "layer_types":["conv","conv","full_attention"]})")
                        .value();
  EXPECT_EQ(count(lfm, LayerKind::recurrent), 2);
  EXPECT_EQ(lfm.layers[0].conv_state, 3 * 1024);
}

TEST(ConfigShapeTest, QuantisedWeightsAreSmaller) {
  const Shape full = published("Llama-3-8B");
  const std::string awq = R"({"model_type":"llama","hidden_size":4096,"intermediate_size":14336,
    "num_attention_heads":32,"num_hidden_layers":32,"num_key_value_heads":8,"torch_dtype":"float16",
    "quantization_config":{"quant_method":"awq","bits":4,"group_size":128},"vocab_size":128256})";
  const Shape shape = shape_in(awq).value();
  EXPECT_EQ(shape.parameters, full.parameters);
  // The published AWQ files of this model take 5.73 GB.
  EXPECT_NEAR(static_cast<double>(shape.weights.count), 5.73e9, 0.06e9);
  EXPECT_FALSE(shape.guesses.empty());
}

TEST(ConfigShapeTest, WhatNobodyKnowsIsReckonedAsLlamaAndSaysSo) {
  const Shape shape = shape_in(R"({"model_type":"brandnew","n_embd":1024,"n_layer":12,"n_head":16,
    "vocab_size":32000,"torch_dtype":"float16"})")
                          .value();
  EXPECT_EQ(shape.layers.size(), 12);
  EXPECT_EQ(shape.feed_forward, 4096);
  ASSERT_EQ(shape.guesses.size(), 1);
  EXPECT_NE(shape.guesses[0].find("brandnew"), std::string::npos);
}

TEST(ConfigShapeTest, RefusesWhatTellsOfNoModel) {
  for (const char* text : {"{}", R"({"model_type":"llama-ish"})", R"({"hidden_size":-1})", "[]", "",
                           R"({"hidden_size":4096,"num_hidden_layers":99999999})"}) {
    EXPECT_FALSE(shape_in(text)) << text;
  }
  const auto mad =
      shape_in(R"({"hidden_size":4294967296,"num_hidden_layers":4096,"vocab_size":9})");
  EXPECT_FALSE(mad);
}

TEST(ConfigShapeTest, LongNamesAboveManyValuesCostNothing) {
  std::string text = "{\"" + std::string(1 << 20, 'x') + "\":{";
  for (int i = 0; i < 100'000; ++i) text += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":1";
  text += R"(},"model_type":"gpt2"})";
  EXPECT_EQ(shape_in(text).value().parameters, 124'439'808);
}

TEST(ConfigShapeTest, EveryMutationIsReadOrRefused) {
  for (const char* name : {"gpt-oss-20b", "DeepSeek-V2-Lite", "Whisper large-v3"}) {
    for (const auto& config : published_configs()) {
      if (config.name != name) continue;
      support::each_mutation(config.text, [](const std::string& changed) {
        if (const auto shape = shape_in(changed)) {
          EXPECT_GE(shape->weights, 0_B);
        } else {
          EXPECT_FALSE(shape.error().what.empty());
        }
      });
    }
  }
}

}  // namespace
}  // namespace spillway::fit
