#include <algorithm>
#include <array>

#include "base/text.h"
#include "fit/files/parts.h"
#include "fit/files/shape/keys.h"
#include "fit/files/shape/parts_of_shape.h"

namespace spillway::fit {
namespace {

using std::string_view;

template <std::size_t N>
bool ends_with_any(string_view name, const std::array<string_view, N>& endings) {
  return std::any_of(endings.begin(), endings.end(), [&](string_view ending) {
    return name.ends_with(ending) &&
           (name.size() == ending.size() || name[name.size() - ending.size() - 1] == '.');
  });
}

constexpr std::array<string_view, 9> kTokenEmbeddings = {
    "token_embd.weight",     "embed_tokens.weight",    "wte.weight",
    "tok_embeddings.weight", "word_embeddings.weight", "embed_in.weight",
    "shared.weight",         "embeddings.weight",      "token_embedding.weight"};
// Whole names: a layer too may have an "output.weight".
constexpr std::array<string_view, 7> kOutputs = {"output.weight",
                                                 "lm_head.weight",
                                                 "embed_out.weight",
                                                 "proj_out.weight",
                                                 "language_model.lm_head.weight",
                                                 "head.weight",
                                                 "transformer.output_layer.weight"};
constexpr std::array<string_view, 16> kTowers = {"vision_tower.",
                                                 "vision_model.",
                                                 "visual.",
                                                 "model.visual.",
                                                 "model.vision_tower.",
                                                 "model.vision_model.",
                                                 "audio_tower.",
                                                 "model.audio_tower.",
                                                 "multi_modal_projector.",
                                                 "model.multi_modal_projector.",
                                                 "vision_embed_tokens.",
                                                 "vision_encoder.",
                                                 "v.",
                                                 "mm.",
                                                 "a.",
                                                 "sound_encoder."};
constexpr std::array<string_view, 4> kEncoders = {"encoder.", "model.encoder.", "enc.",
                                                  "preprocessor."};

bool starts_with_any(string_view name, const auto& beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [&](string_view beginning) { return name.starts_with(beginning); });
}

// "model.layers.12.self_attn.q_proj.weight": 12. The first part of the name that is a number after a word
// that layers are called by.
std::optional<std::uint64_t> layer_of(string_view name) {
  constexpr std::array<string_view, 8> kWords = {"layers", "layer", "blk",  "h",
                                                 "blocks", "block", "blks", "dec"};
  string_view before;
  while (const auto part = next_token(name, '.')) {
    if (std::find(kWords.begin(), kWords.end(), before) != kWords.end()) {
      if (const auto number = parse_u64(*part)) return number;
    }
    before = *part;
  }
  return std::nullopt;
}

bool of_expert(string_view name) {
  return name.find("_exps.") != name.npos || name.find(".experts.") != name.npos;
}

// Several small numbers in each stored one, or none at all beside them (GPTQ, AWQ, bitsandbytes, MXFP4
// as transformers writes it).
std::uint64_t parameters_in(const Tensor& tensor, std::uint64_t quantised_bits) {
  const auto elements = elements_of(tensor.shape).value_or(0);
  const string_view name = tensor.name;
  if (quantised_bits > 0) {
    constexpr std::array<string_view, 4> kPacked = {"qweight", "weight_packed", "_blocks",
                                                    "weight"};
    constexpr std::array<string_view, 11> kBeside = {
        "scales",       "_scales",          "qzeros",       "g_idx",
        "absmax",       "quant_map",        "weight_scale", "weight_zero_point",
        "weight_shape", "weight_scale_inv", "input_scale"};
    const auto ends = [&](string_view ending) { return name.ends_with(ending); };
    if (std::any_of(kBeside.begin(), kBeside.end(), ends) ||
        name.find("quant_state") != name.npos) {
      return 0;
    }
    const bool whole = tensor.type == TensorType::u8 || tensor.type == TensorType::i32;
    if (whole && std::any_of(kPacked.begin(), kPacked.end(), ends)) {
      return static_cast<std::uint64_t>(tensor.bytes.count) * 8 / quantised_bits;
    }
  }
  switch (tensor.type) {  // positions and masks, which nobody counts
    case TensorType::i64:
    case TensorType::i32:
    case TensorType::u64:
    case TensorType::u32:
    case TensorType::boolean: return 0;
    default: return elements;
  }
}

std::uint64_t quantised_bits_of(const ModelFile& file) {
  const Keys config(file, "quantization_config.");
  if (config.text({"quant_method"}) == "fp8") return 8;
  if (config.text({"quant_method"}) == "mxfp4" || config.flag({"load_in_4bit"}).value_or(false)) {
    return 4;
  }
  const auto groups = config.below("config_groups").below("group_0").below("weights");
  return config.number({"bits", "w_bit"}, groups.number({"num_bits"}, 0));
}

TensorType commonest(const ModelFile& file) {
  std::array<Bytes, static_cast<std::size_t>(TensorType::nvfp4) + 1> by_type{};
  for (const Tensor& tensor : file.tensors) {
    by_type[static_cast<std::size_t>(tensor.type)] += tensor.bytes;
  }
  const auto most = std::max_element(by_type.begin(), by_type.end());
  return static_cast<TensorType>(most - by_type.begin());
}

Bytes padded(Bytes bytes, std::int64_t alignment) {
  return {(bytes.count + alignment - 1) / alignment * alignment};
}

}  // namespace

void weigh_tensors(const ModelFile& file, Shape& shape) {
  const auto bits = quantised_bits_of(file);
  const bool gguf = file.format == FileFormat::gguf;
  const auto alignment = static_cast<std::int64_t>(
      gguf ? std::max<std::uint64_t>(Keys(file, "general.").number({"alignment"}, 32), 1) : 1);
  // Some files have the output again though the model ties it: what loads them drops it.
  const bool drop_output = !gguf && shape.tied;
  const Tensor* embedding = nullptr;
  const Tensor* output = nullptr;
  for (const Tensor& tensor : file.tensors) {
    const bool is_output =
        std::find(kOutputs.begin(), kOutputs.end(), tensor.name) != kOutputs.end();
    if (is_output && drop_output) continue;
    shape.weights += tensor.bytes;
    shape.padded_weights += padded(tensor.bytes, alignment);
    shape.parameters += parameters_in(tensor, bits);
    const auto layer = layer_of(tensor.name);
    if (shape.encoder &&
        (starts_with_any(tensor.name, kTowers) ||
         (shape.family != Family::decoder && starts_with_any(tensor.name, kEncoders)))) {
      shape.encoder->weights += tensor.bytes;
    } else if (layer && *layer < shape.layers.size()) {
      shape.layers[*layer].weights += tensor.bytes;
      if (of_expert(tensor.name)) shape.layers[*layer].expert_weights += tensor.bytes;
    } else if (is_output) {
      output = &tensor;
    } else if (!layer && embedding == nullptr && ends_with_any(tensor.name, kTokenEmbeddings)) {
      embedding = &tensor;
    }
  }
  if (embedding != nullptr) {
    shape.token_embedding = embedding->bytes;
    // What is stored counts: a tokenizer may have fewer words than the matrix has rows.
    if (embedding->shape.size() == 2) shape.vocabulary = embedding->shape[gguf ? 1 : 0];
  }
  if (output != nullptr) shape.output = output->bytes;
  shape.tied = embedding != nullptr && output == nullptr && shape.family != Family::encoder;
  // Packed numbers say nothing of what is computed with: there the configuration's word counts.
  if (bits == 0) shape.dtype = commonest(file);
  shape.dtype_known = bits == 0 || shape.dtype_known;
}

}  // namespace spillway::fit
