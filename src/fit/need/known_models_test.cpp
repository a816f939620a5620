#include "fit/need/known_models_test.h"

#include <array>
#include <stdexcept>
#include <string>

#include "fit/need/amount.h"

namespace spillway::fit::known {
namespace {

constexpr std::array kModels = {
    // clang-format off
    Model{"Qwen2.5-3B", "qwen2", 36, 2048, 16, 2, 128, 11008, 151936, 3'085'938'688, true},
    Model{"Mistral-7B v0.1", "mistral", 32, 4096, 32, 8, 128, 14336, 32000, 7'241'732'096},
    Model{"Mistral-7B v0.3", "mistral", 32, 4096, 32, 8, 128, 14336, 32768, 7'248'023'552},
    Model{"Llama-3-8B", "llama", 32, 4096, 32, 8, 128, 14336, 128256, 8'030'261'248},
    Model{"Gemma-2-2B", "gemma2", 26, 2304, 8, 4, 256, 9216, 256000, 2'614'341'888, true, 4096, 2},
    Model{"Gemma-2-9B", "gemma2", 42, 3584, 16, 8, 256, 14336, 256000, 9'241'705'984, true, 4096, 2},
    Model{"Gemma-3-1B", "gemma3", 26, 1152, 4, 1, 256, 6912, 262144, 999'885'952, true, 512, 6},
    Model{"Gemma-3-4B", "gemma3", 34, 2560, 8, 4, 256, 10240, 262208, 3'880'263'168, true, 1024, 6},
    Model{"Gemma-3-12B", "gemma3", 48, 3840, 16, 8, 256, 15360, 262208, 11'766'034'176, true, 1024, 6},
    Model{"Gemma-3-27B", "gemma3", 62, 5376, 32, 16, 128, 21504, 262208, 27'009'346'304, true, 1024, 6},
    Model{"Phi-3-mini", "phi3", 32, 3072, 32, 32, 96, 8192, 32064, 3'821'079'552},
    Model{"Phi-3-medium", "phi3", 40, 5120, 40, 10, 128, 17920, 32064, 13'960'238'080},
    Model{"Phi-4", "phi3", 40, 5120, 40, 10, 128, 17920, 100352, 14'659'507'200},
    Model{"Phi-4-mini", "phi3", 32, 3072, 24, 8, 128, 8192, 200064, 3'836'021'760, true},
    Model{"Qwen3-0.6B", "qwen3", 28, 1024, 16, 8, 128, 3072, 151936, 596'049'920, true},
    Model{"Qwen3-30B-A3B", "qwen3moe", 48, 2048, 32, 4, 128, 6144, 151936, 30'532'122'624, false,
          0, 1, 128, 8, 768},
    Model{"gpt-oss-20b", "gpt-oss", 24, 2880, 64, 8, 64, 2880, 201088, 20'914'757'184, false,
          128, 2, 32, 4, 2880},
    // clang-format on
};

Bytes in(TensorType dtype, Amount elements) {
  return {static_cast<std::int64_t>(stored_bytes(dtype, elements.count).value())};
}

Layer layer_of(const Model& model, std::uint64_t index, TensorType dtype) {
  const Amount d = model.embedding;
  const Amount query = Amount{model.heads} * model.head_dim;
  const Amount key = Amount{model.kv_heads} * model.head_dim;
  const Amount experts = d * model.expert_feed_forward * 3 * model.experts;
  const Amount dense = model.experts > 0 ? Amount{0} : d * model.feed_forward * 3;
  Layer layer;
  layer.kind = model.window > 0 && index % model.period != model.period - 1 ? LayerKind::sliding
                                                                            : LayerKind::full;
  layer.heads = model.heads;
  layer.kv_heads = model.kv_heads;
  layer.key_dim = layer.value_dim = model.head_dim;
  layer.expert_weights = in(dtype, experts);
  layer.weights = in(dtype, d * query * 2 + d * key * 2 + dense + experts);
  return layer;
}

}  // namespace

std::span<const Model> models() { return kModels; }

Shape shape_of(const Model& model, TensorType dtype) {
  Shape shape;
  shape.name = model.name;
  shape.architecture = model.architecture;
  shape.family = Family::decoder;
  shape.parameters = model.parameters;
  shape.vocabulary = model.vocabulary;
  shape.embedding = model.embedding;
  shape.feed_forward = model.feed_forward;
  shape.window = model.window;
  shape.experts = model.experts;
  shape.experts_used = model.experts_used;
  shape.expert_feed_forward = model.expert_feed_forward;
  shape.tied = model.tied;
  shape.dtype = dtype;
  for (std::uint64_t i = 0; i < model.layers; ++i) {
    shape.layers.push_back(layer_of(model, i, dtype));
  }
  shape.weights = shape.padded_weights = in(dtype, model.parameters);
  shape.token_embedding = in(dtype, Amount{model.vocabulary} * model.embedding);
  shape.output = model.tied ? Bytes{} : shape.token_embedding;
  return shape;
}

Shape shape_of(std::string_view name, TensorType dtype) {
  for (const Model& model : kModels) {
    if (model.name == name) return shape_of(model, dtype);
  }
  throw std::invalid_argument("no such model: " + std::string(name));
}

Shape deepseek_v2_lite(bool latent) {
  const Model model{"DeepSeek-V2-Lite", "deepseek2", 27, 2048, 16, 16, 192, 10944, 102400,
                    15'706'484'224,     false,       0,  1,    64, 6,  1408};
  Shape shape = shape_of(model);
  for (Layer& layer : shape.layers) {
    layer.value_dim = 128;
    if (!latent) continue;
    layer.kv_heads = 1;
    layer.key_dim = 512 + 64;
    layer.value_dim = 0;
  }
  return shape;
}

Shape deepseek_r1() {
  const Model model{"DeepSeek-R1", "deepseek2",     61,    7168, 128, 1,   576, 18432,
                    129280,        671'026'419'200, false, 0,    1,   256, 8,   2048};
  Shape shape = shape_of(model);
  for (Layer& layer : shape.layers) layer.value_dim = 0;
  return shape;
}

Shape whisper(std::string_view size) {
  struct Row {
    std::string_view size;
    std::uint64_t encoder, decoder, embedding, heads, vocabulary, parameters;
  };
  constexpr std::array kSizes = {
      Row{"tiny", 4, 4, 384, 6, 51865, 37'760'640},
      Row{"base", 6, 6, 512, 8, 51865, 72'593'920},
      Row{"small", 12, 12, 768, 12, 51865, 241'734'912},
      Row{"medium", 24, 24, 1024, 16, 51865, 763'857'920},
      Row{"large-v3", 32, 32, 1280, 20, 51866, 1'543'490'560},
      Row{"large-v3-turbo", 32, 4, 1280, 20, 51866, 808'878'080},
  };
  for (const Row& row : kSizes) {
    if (row.size != size) continue;
    const Amount d = row.embedding;
    const Model model{"whisper", "whisper",   row.decoder,    d.count,        row.heads, row.heads,
                      64,        4 * d.count, row.vocabulary, row.parameters, true};
    Shape shape = shape_of(model);
    shape.name = "whisper-" + std::string(size);
    shape.family = Family::encoder_decoder;
    shape.trained_context = 448;
    for (Layer& layer : shape.layers) layer.weights = in(TensorType::f16, d * d * 16);
    shape.encoder = Encoder{.kind = EncoderKind::whisper,
                            .layers = row.encoder,
                            .embedding = d.count,
                            .feed_forward = 4 * d.count,
                            .heads = row.heads,
                            .positions = 1500,
                            .positions_per_second = 50,
                            .weights = in(TensorType::f16, d * d * 12 * row.encoder)};
    return shape;
  }
  throw std::invalid_argument("no such whisper: " + std::string(size));
}

namespace {

Shape fast_conformer(const Model& model, Family family, std::uint64_t decoder_layers) {
  Shape shape = shape_of(model, TensorType::f32);
  shape.format = FileFormat::pytorch;
  shape.family = family;
  const Amount all{shape.weights};
  shape.layers.resize(decoder_layers);
  shape.token_embedding = shape.output = {};
  for (Layer& layer : shape.layers) {
    layer.weights = in(TensorType::f32, Amount{model.embedding} * model.embedding * 16);
  }
  shape.encoder = Encoder{.kind = EncoderKind::fast_conformer,
                          .layers = 24,
                          .embedding = model.embedding,
                          .feed_forward = model.feed_forward,
                          .heads = model.heads,
                          .positions = 0,
                          .positions_per_second = 12.5,
                          .weights = all.times(0.9).bytes()};
  if (decoder_layers > 0) shape.encoder->weights = all.times(0.5).bytes();
  return shape;
}

}  // namespace

Shape parakeet() {
  return fast_conformer(
      {"parakeet-tdt-0.6b-v3", "fastconformer", 24, 1024, 8, 8, 128, 4096, 8192, 627'000'000},
      Family::encoder, 0);
}

Shape canary() {
  return fast_conformer(
      {"canary-1b", "fastconformer", 24, 1024, 8, 8, 128, 4096, 16384, 1'000'000'000},
      Family::encoder_decoder, 24);
}

}  // namespace spillway::fit::known
