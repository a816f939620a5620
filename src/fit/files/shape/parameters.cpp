#include <algorithm>
#include <string>

#include "fit/files/shape/parts_of_shape.h"
#include "fit/files/shape/recipe.h"

namespace spillway::fit {
namespace {

using std::string_view;
using std::uint64_t;

// Counts what transformers would make of a configuration, matrix by matrix.
class Counter {
 public:
  Counter(const Keys& keys, const Recipe& recipe, const Shape& shape)
      : keys_(keys), recipe_(recipe), shape_(shape), d_(shape.embedding) {}

  uint64_t norm(uint64_t size) const {
    if (is(kNoNorm)) return 0;
    const bool bias = is(kLayerNorm) && keys_.flag({"use_layernorm_bias"}).value_or(true);
    return size * (bias ? 2 : 1);
  }
  uint64_t layer_without_experts(std::size_t number) const {
    const Layer& layer = shape_.layers[number];
    const uint64_t norms = is(kFourNorms) ? 4 : one_norm() ? 1 : 2;
    const bool mixes_only = recurrent_only();
    uint64_t out = norm(d_) * (mixes_only ? 1 : norms);
    if (layer.kind == LayerKind::recurrent || layer.cell_state > 0) out += recurrent(layer);
    if (layer.kind != LayerKind::recurrent) out += layer.key_dim > 0 ? attention(layer) : 0;
    if (mixes_only) return out;
    return out + (has_experts(number) ? router() + shared_expert() : mlp(dense_width()));
  }
  uint64_t experts(std::size_t number) const {
    if (!has_experts(number)) return 0;
    const uint64_t width = shape_.expert_feed_forward;
    return shape_.experts * (3 * d_ * width + (is(kExpertBias) ? 2 * width + d_ : 0));
  }
  // Those of an expert's numbers that formats of few bits do not pack.
  uint64_t expert_biases(std::size_t number) const {
    if (!has_experts(number) || !is(kExpertBias)) return 0;
    return shape_.experts * (2 * shape_.expert_feed_forward + d_);
  }
  uint64_t output() const {
    return (shape_.tied ? 0 : shape_.vocabulary * d_) + (is(kOutputBias) ? shape_.vocabulary : 0);
  }
  uint64_t token_embedding() const { return shape_.vocabulary * d_; }
  uint64_t rest() const {
    uint64_t out = is(kEncoder) ? 0 : norm(d_);  // the last one
    // OPT's table has two rows more than positions.
    const uint64_t more = recipe_.model_type == "opt" ? 2 : 0;
    if (is(kPositions)) out += (shape_.trained_context + more) * d_;
    if (is(kWordNorm)) out += norm(d_);
    if (is(kEncoder)) out += keys_.number({"type_vocab_size"}, 2) * d_ + d_ * d_ + d_;  // pooler
    return out;
  }

 private:
  bool is(Trait trait) const { return has(recipe_, trait); }
  // A trait that a configuration may turn on or off.
  bool biased(Trait trait, Keys::Names names) const {
    return keys_.flag(names).value_or(is(trait));
  }
  bool one_norm() const {
    if (recipe_.model_type != "falcon") return is(kOneNorm);
    return !keys_.flag({"new_decoder_architecture"}).value_or(false);
  }
  bool recurrent_only() const {
    return recipe_.model_type == "mamba" || recipe_.model_type == "mamba2" ||
           recipe_.model_type == "falcon_mamba";
  }
  bool has_experts(std::size_t number) const {
    if (shape_.experts == 0) return false;
    const auto only = keys_.list("mlp_only_layers");
    if (std::find(only.begin(), only.end(), static_cast<std::int64_t>(number)) != only.end()) {
      return false;
    }
    if (const auto which = keys_.list("moe_layers"); !which.empty()) {
      return std::find(which.begin(), which.end(), static_cast<std::int64_t>(number)) !=
             which.end();
    }
    if (number < keys_.number({"first_k_dense_replace", "num_dense_layers"}, 0)) return false;
    const uint64_t step = keys_.number({"decoder_sparse_step", "moe_layer_freq",
                                        "interleave_moe_layer_step", "expert_layer_period"},
                                       1);
    if (step <= 1) return true;
    const uint64_t offset = keys_.number({"expert_layer_offset"}, step - 1);
    return number % step == offset % step;
  }
  uint64_t dense_width() const {
    return keys_.number({"intermediate_size_mlp"}, shape_.feed_forward);
  }
  uint64_t mlp(uint64_t width) const {
    const bool plain = is(kPlainMlp);
    const bool bias = biased(kMlpBias, {"mlp_bias", "use_bias"});
    return (plain ? 2 : 3) * d_ * width + (bias ? (plain ? 1 : 2) * width + d_ : 0);
  }
  uint64_t router() const {
    const bool corrected = keys_.text({"topk_method"}) == "noaux_tc" ||
                           recipe_.model_type == "deepseek_v3" || recipe_.model_type == "glm4_moe";
    return shape_.experts * (d_ + (is(kRouterBias) || corrected ? 1 : 0));
  }
  uint64_t shared_expert() const {
    const uint64_t width =
        keys_.number({"shared_expert_intermediate_size"},
                     keys_.number({"n_shared_experts"}, 0) * shape_.expert_feed_forward);
    return width == 0 ? 0 : 3 * d_ * width + (is(kSharedGate) ? d_ : 0);
  }
  uint64_t attention(const Layer& layer) const {
    if (layer.mla_key_dim > 0) return latent(layer);
    const uint64_t q = layer.heads * layer.key_dim;
    const uint64_t kv = layer.kv_heads * layer.key_dim;
    uint64_t out = d_ * (q + 2 * kv) + q * d_;
    if (biased(kQkvBias, {"attention_bias", "qkv_bias", "use_qkv_bias", "use_bias", "bias"})) {
      out += q + 2 * kv;
    }
    // Llama's attention_bias is of all four.
    const bool both = recipe_.model_type.empty() || recipe_.model_type == "llama";
    const bool out_bias = both ? biased(kOutBias, {"attention_bias"})
                               : biased(kOutBias, {"attention_out_bias", "use_bias", "bias"});
    if (out_bias) out += d_;
    if (is(kHeadNorm)) out += 2 * layer.key_dim;
    if (is(kWideNorm)) out += q + kv;
    if (is(kSinks)) out += layer.heads;
    return out;
  }
  uint64_t latent(const Layer& layer) const {
    const uint64_t heads = layer.heads;
    const uint64_t rank = keys_.number({"kv_lora_rank"}, 0);
    const uint64_t rope = layer.key_dim - std::min(rank, layer.key_dim);
    const uint64_t nope = layer.mla_key_dim - std::min(rope, layer.mla_key_dim);
    const uint64_t q_rank = keys_.number({"q_lora_rank"}, 0);
    const uint64_t q = heads * layer.mla_key_dim;
    const uint64_t query = q_rank > 0 ? d_ * q_rank + q_rank + q_rank * q : d_ * q;
    return query + d_ * (rank + rope) + rank + rank * heads * (nope + layer.mla_value_dim) +
           heads * layer.mla_value_dim * d_;
  }
  uint64_t recurrent(const Layer& layer) const {
    if (const uint64_t values = keys_.number({"linear_num_value_heads"}, 0)) {
      const uint64_t value_dim = keys_.number({"linear_value_head_dim"}, 128);
      const uint64_t value = values * value_dim;
      const uint64_t key = keys_.number({"linear_num_key_heads"}, values) *
                           keys_.number({"linear_key_head_dim"}, 128);
      return d_ * (2 * key + 2 * value) + d_ * 2 * values + layer.conv_state + 2 * values +
             value_dim + value * d_;
    }
    const uint64_t state =
        std::max<uint64_t>(keys_.number({"mamba_d_state", "ssm_state_size", "state_size"}, 16), 1);
    const uint64_t inner = layer.cell_state / state;
    if (layer.cell_state == 0)
      return 3 * d_ * d_ + layer.conv_state + d_ * d_;  // a short convolution
    if (recipe_.model_type == "mamba" || recipe_.model_type == "falcon_mamba" ||
        recipe_.model_type == "jamba") {
      const uint64_t rank = keys_.number({"time_step_rank", "mamba_dt_rank"}, (d_ + 15) / 16);
      const uint64_t kernel = keys_.number({"conv_kernel", "mamba_d_conv"}, 4);
      return d_ * 2 * inner + inner * kernel + inner + inner * (rank + 2 * state) + rank * inner +
             inner + inner * state + inner + inner * d_;
    }
    const uint64_t heads = keys_.number({"mamba_n_heads", "mamba_num_heads", "num_heads"}, 1);
    const uint64_t groups = keys_.number({"mamba_n_groups", "n_groups"}, 1);
    const uint64_t wide = inner + 2 * groups * state;
    return d_ * (inner + wide + heads) + layer.conv_state + wide + 3 * heads + inner + inner * d_;
  }

  const Keys& keys_;
  const Recipe& recipe_;
  const Shape& shape_;
  uint64_t d_;
};

struct Stored {
  double bits = 16;         // of most weights
  double matrix_bits = 16;  // of the layers' matrices
  double expert_bits = 16;
};

Stored stored(const ModelFile& file, Shape& shape) {
  const TypeLayout& layout = layout_of(shape.dtype);
  Stored out;
  out.bits = double{static_cast<double>(layout.block_bits)} / layout.block_elements;
  out.matrix_bits = out.expert_bits = out.bits;
  const Keys config(file, "quantization_config.");
  const string_view method = config.text({"quant_method"});
  if (method.empty()) return out;
  if (method == "mxfp4") {
    out.expert_bits = 4.25;
    return out;
  }
  uint64_t bits = config.number({"bits", "w_bit"}, method == "fp8" ? 8 : 4);
  if (config.flag({"load_in_8bit"}).value_or(false)) bits = 8;
  // A scale of 16 bits and a zero for each group.
  out.matrix_bits = out.expert_bits =
      static_cast<double>(std::clamp<uint64_t>(bits, 1, 16)) +
      (bits < 8 ? 24.0 / static_cast<double>(
                             std::clamp<uint64_t>(config.number({"group_size"}, 128), 16, 4096))
                : 0);
  shape.guesses.push_back("weights in " + std::string(method) + ", " + std::to_string(bits) +
                          " bits: their size is an estimate until the files are there");
  return out;
}

Bytes bytes_of(uint64_t parameters, double bits) {
  return scaled(Bytes{static_cast<std::int64_t>(std::min<uint64_t>(parameters, 1ULL << 50))},
                bits / 8);
}

// A transformer's encoder with biases and two matrices per feed-forward, on patches, frames or words.
uint64_t encoder_parameters(const ModelFile& file, const Shape& shape) {
  const Encoder& e = *shape.encoder;
  const Keys root(file, "");
  const uint64_t d = e.embedding, ff = e.feed_forward;
  if (e.kind == EncoderKind::whisper && shape.family == Family::encoder_decoder) {
    const uint64_t mel = root.number({"num_mel_bins"}, 80);
    const uint64_t convolutions = mel * d * 3 + d + d * d * 3 + d;
    return convolutions + e.positions * d + 2 * d +
           e.layers * (4 * d * d + 3 * d + 2 * d * ff + ff + d + 4 * d);
  }
  if (shape.architecture == "t5" || shape.architecture == "umt5" || shape.architecture == "mt5") {
    const uint64_t inner =
        shape.layers.empty() ? d : shape.layers[0].heads * shape.layers[0].key_dim;
    const bool gated = root.text({"feed_forward_proj"}).starts_with("gated");
    return e.layers * (4 * d * inner + (gated ? 3 : 2) * d * ff + 2 * d) + d +
           32 * (shape.layers.empty() ? 0 : shape.layers[0].heads);
  }
  if (e.kind == EncoderKind::fast_conformer) {
    // Two feed-forwards, relative attention with a projection of positions, a convolution module.
    const uint64_t kernel =
        root.number({"encoder.conv_kernel_size", "encoder_config.conv_kernel_size"}, 9);
    const uint64_t channels = 256;
    return e.layers * (4 * d * ff + 2 * (ff + d) + 5 * d * d + 4 * d + 2 * d + 3 * d * d +
                       (kernel + 6) * d + 10 * d) +
           channels * 16 * d + d + 5 * channels * 9 + 2 * channels * channels;
  }
  const uint64_t patch = root.number({"vision_config.patch_size"}, 0);
  return e.layers * (4 * d * d + 4 * d + 2 * d * ff + ff + d + 4 * d) + 3 * patch * patch * d +
         e.positions * d + 2 * d;
}

// What a decoder with attention to an encoder has in each layer.
uint64_t cross_layer(const ModelFile& file, const Shape& shape) {
  const Layer& layer = shape.layers.at(0);
  const uint64_t d = shape.embedding, inner = layer.heads * layer.key_dim, ff = shape.feed_forward;
  if (shape.architecture.ends_with("t5")) {
    const bool gated = Keys(file, "").text({"feed_forward_proj"}).starts_with("gated");
    return 8 * d * inner + (gated ? 3 : 2) * d * ff + 3 * d;
  }
  // Whisper's key projections have no bias.
  const uint64_t biases = shape.architecture == "whisper" ? 3 : 4;
  return 2 * (4 * d * inner + biases * d) + 2 * d * ff + ff + d + 6 * d;
}

uint64_t cross_rest(const Shape& shape) {
  if (shape.architecture.ends_with("t5")) {
    return shape.embedding + 32 * shape.layers.at(0).heads;
  }
  return shape.trained_context * shape.embedding + 2 * shape.embedding;
}

}  // namespace

void weigh_by_formula(const ModelFile& file, const Keys& keys, const Recipe& recipe, Shape& shape) {
  const Stored as = stored(file, shape);
  const Counter count(keys, recipe, shape);
  const bool crossed = shape.family == Family::encoder_decoder && !shape.layers.empty();
  const auto add = [&](uint64_t parameters, Bytes bytes) {
    shape.parameters += parameters;
    shape.weights += bytes;
    return bytes;
  };
  if (!shape.layers.empty()) {
    shape.token_embedding =
        add(count.token_embedding(), bytes_of(count.token_embedding(), as.bits));
    shape.output = add(count.output(), bytes_of(count.output(), as.bits));
    const uint64_t rest = crossed ? cross_rest(shape) : count.rest();
    add(rest, bytes_of(rest, as.bits));
  }
  for (std::size_t i = 0; i < shape.layers.size(); ++i) {
    Layer& layer = shape.layers[i];
    const uint64_t own = crossed ? cross_layer(file, shape) : count.layer_without_experts(i);
    const uint64_t experts = count.experts(i);
    const uint64_t biases = count.expert_biases(i);
    layer.expert_weights = bytes_of(experts - biases, as.expert_bits) + bytes_of(biases, as.bits);
    layer.weights = add(own + experts, bytes_of(own, as.matrix_bits) + layer.expert_weights);
  }
  if (shape.encoder) {
    const uint64_t parameters = encoder_parameters(file, shape);
    shape.encoder->weights = add(parameters, bytes_of(parameters, as.bits));
    if (shape.family == Family::decoder) {
      shape.guesses.push_back("the encoder's weights are an estimate until the files are there");
    }
  }
  shape.padded_weights = shape.weights;
  const bool mixed = std::any_of(shape.layers.begin(), shape.layers.end(), [](const Layer& layer) {
    return layer.kind == LayerKind::recurrent;
  });
  const bool estimated =
      crossed ? shape.architecture != "whisper" && !shape.architecture.ends_with("t5")
              : mixed && recipe.model_type != "mamba";
  if (estimated) {
    shape.guesses.push_back("the weights of such layers are an estimate until the files are there");
  }
  if (recipe.model_type.empty() && !crossed) {
    shape.guesses.push_back("model type " +
                            (shape.architecture.empty() ? "unnamed" : shape.architecture) +
                            " is not known: its weights are reckoned as Llama's would be");
  }
  if (!shape.dtype_known) {
    shape.guesses.push_back("the configuration names no type of number: 16 bits assumed");
  }
}

}  // namespace spillway::fit
