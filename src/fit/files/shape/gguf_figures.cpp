#include <algorithm>
#include <array>

#include "fit/files/shape/keys.h"
#include "fit/files/shape/parts_of_shape.h"

namespace spillway::fit {
namespace {

using std::string_view;
using std::uint64_t;

// src/llama-model.cpp of llama.cpp, load_hparams: which layers slide, by architecture. Of each group of
// `period` the last layer sees everything, or the first.
struct SlidingRule {
  string_view architecture;
  uint64_t period;
  bool full_first = false;
  uint64_t window = 0;        // where the file says none; 0: then nothing slides
  bool fixed_window = false;  // whatever the file says
};
constexpr std::array kSliding = {
    SlidingRule{"gemma2", 2, false, 4096},
    SlidingRule{"gemma3", 6},
    SlidingRule{"gemma3n", 5, false, 512},
    SlidingRule{"gemma-embedding", 6},
    SlidingRule{"gpt-oss", 2},
    SlidingRule{"cohere2", 4},
    SlidingRule{"llama4", 4, false, 8192, true},
    SlidingRule{"olmo2", 4},
    SlidingRule{"exaone4", 4},
    SlidingRule{"exaone-moe", 4},
    SlidingRule{"afmoe", 4},
    SlidingRule{"smallthinker", 4, true},
    SlidingRule{"modern-bert", 3, true},
};
// Those whose files name a window that llama.cpp does not use.
constexpr std::array kWindowIgnored = {string_view("phi3")};

constexpr std::array<string_view, 14> kEncoders = {
    "bert",        "nomic-bert", "nomic-bert-moe", "jina-bert-v2", "jina-bert-v3",
    "modern-bert", "neo-bert",   "eurobert",       "t5encoder",    "gemma-embedding",
    "dream",       "llada",      "llada-moe",      "rnd1"};
// Recurrent where a layer has no KV head.
constexpr std::array<string_view, 8> kHybridByHeads = {
    "jamba",   "granitehybrid", "plamo2",         "lfm2",
    "lfm2moe", "nemotron_h",    "nemotron_h_moe", "kimi-linear"};
constexpr std::array<string_view, 4> kHybridByInterval = {"qwen3next", "qwen35", "qwen35moe",
                                                          "qwen3_5"};
constexpr std::array<string_view, 6> kRecurrent = {"mamba",      "mamba2", "rwkv6",
                                                   "rwkv6qwen2", "rwkv7",  "arwkv7"};

template <std::size_t N>
bool among(const std::array<string_view, N>& names, string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// No model has more of anything that is multiplied with another: so products cannot wrap.
uint64_t small(const Keys& keys, string_view name, uint64_t otherwise) {
  return std::min<uint64_t>(keys.number({name}, otherwise), 1 << 20);
}

void mark_sliding(const Keys& keys, Shape& shape) {
  if (among(kWindowIgnored, shape.architecture)) return;
  const auto rule = std::find_if(kSliding.begin(), kSliding.end(), [&](const SlidingRule& r) {
    return r.architecture == shape.architecture;
  });
  const auto said = keys.number({"attention.sliding_window"});
  uint64_t window = said.value_or(0);
  if (rule != kSliding.end() && (!said || (rule->fixed_window && *said > 0))) window = rule->window;
  const auto flags = keys.list("attention.sliding_window_pattern");
  uint64_t period = keys.number({"attention.sliding_window_pattern"}, 0);
  if (rule != kSliding.end() && period == 0) period = rule->period;
  if (window == 0 || (flags.empty() && period < 2)) return;

  const bool full_first = rule != kSliding.end() && rule->full_first;
  for (std::size_t i = 0; i < shape.layers.size(); ++i) {
    const bool by_period = period >= 2 && (full_first ? i % period != 0 : i % period < period - 1);
    const bool slides = flags.empty() ? by_period : i < flags.size() && flags[i] != 0;
    if (!slides || shape.layers[i].kind != LayerKind::full) continue;
    Layer& layer = shape.layers[i];
    layer.kind = LayerKind::sliding;
    layer.key_dim = keys.number({"attention.key_length_swa"}, layer.key_dim);
    layer.value_dim = keys.number({"attention.value_length_swa"}, layer.value_dim);
    shape.window = window;
  }
}

// n_embd_r and n_embd_s of src/llama-hparams.cpp: what one sequence keeps in a recurrent layer.
void set_states(const Keys& keys, const Shape& shape, Layer& layer) {
  const uint64_t d = shape.embedding;
  const uint64_t kernel = std::max<uint64_t>(small(keys, "ssm.conv_kernel", 1), 1);
  if (const uint64_t head = small(keys, "wkv.head_size", 0)) {
    const uint64_t shift = shape.architecture == "rwkv6" || shape.architecture == "rwkv7" ? 2 : 1;
    layer.conv_state = small(keys, "token_shift_count", shift) * d;
    layer.cell_state = d * head;
  } else if (const uint64_t cache = small(keys, "shortconv.l_cache", 0)) {
    layer.conv_state = d * (cache - 1);
  } else if (const uint64_t kda = small(keys, "kda.head_dim", 0)) {
    const uint64_t inner = layer.heads * kda;
    layer.conv_state = 3 * (kernel - 1) * inner;
    layer.cell_state = inner * kda;
  } else {
    const uint64_t inner = small(keys, "ssm.inner_size", 0);
    const uint64_t state = small(keys, "ssm.state_size", 0);
    layer.conv_state = (kernel - 1) * (inner + 2 * small(keys, "ssm.group_count", 0) * state);
    layer.cell_state = state * inner;
  }
}

void mark_recurrent(const Keys& keys, Shape& shape) {
  const uint64_t interval = keys.number({"full_attention_interval"},
                                        among(kHybridByInterval, shape.architecture) ? 4 : 0);
  const bool by_heads = among(kHybridByHeads, shape.architecture);
  const auto listed = keys.list("attention.recurrent_layers");
  const auto wide = keys.per_layer("feed_forward_length", shape.layers.size(), 0);
  for (std::size_t i = 0; i < shape.layers.size(); ++i) {
    Layer& layer = shape.layers[i];
    bool is = among(kRecurrent, shape.architecture);
    if (interval > 0) is = (i + 1) % interval != 0;
    if (by_heads) is = layer.kv_heads == 0;
    if (shape.architecture.starts_with("nemotron_h")) is = is && wide[i] == 0;
    if (!listed.empty()) is = i < listed.size() && listed[i] != 0;
    if (is) layer.kind = LayerKind::recurrent;
    if (is || shape.architecture == "falcon-h1") set_states(keys, shape, layer);
    if (is) layer.kv_heads = layer.key_dim = layer.value_dim = 0;
  }
}

// Multi-head latent attention: the file tells both the expanded and the compressed lengths.
void mark_latent(const Keys& keys, Shape& shape) {
  const uint64_t key = keys.number({"attention.key_length_mla"}, 0);
  const uint64_t value = keys.number({"attention.value_length_mla"}, 0);
  if (key == 0 || value == 0) return;
  const uint64_t row =
      keys.number({"attention.kv_lora_rank"}, 0) + keys.number({"rope.dimension_count"}, 0);
  for (Layer& layer : shape.layers) {
    if (layer.kv_heads == 0) continue;
    layer.kv_heads = 1;
    layer.key_dim = keys.number({"attention.key_length"}, row);
    layer.value_dim = 0;
    layer.mla_key_dim = key;
    layer.mla_value_dim = value;
  }
}

void mark_silent(const Keys& keys, Shape& shape) {
  const uint64_t count = shape.layers.size();
  const uint64_t shared =
      keys.number({"attention.shared_kv_layers"},
                  shape.architecture == "gemma3n" && count > 20 ? count - 20 : 0);
  const uint64_t predicted = keys.number({"nextn_predict_layers"}, 0);
  const uint64_t keeping = count - std::min(count, shared + predicted);
  for (std::size_t i = 0; i < count; ++i) {
    Layer& layer = shape.layers[i];
    const bool no_cache = i >= keeping || shape.family == Family::encoder;
    const bool attends = layer.kind == LayerKind::full || layer.kind == LayerKind::sliding;
    if (attends && (no_cache || layer.kv_heads == 0)) layer.kind = LayerKind::none;
  }
}

void read_layers(const Keys& keys, Shape& shape) {
  const uint64_t count = keys.number({"decoder_block_count", "block_count"}, 0);
  if (count > kMostLayers) return;
  const auto heads = keys.per_layer("attention.head_count", count, 0);
  const uint64_t most = heads.empty() ? 0 : *std::max_element(heads.begin(), heads.end());
  const uint64_t width = most > 0 ? shape.embedding / most : 0;
  const bool grouped = keys.has("attention.head_count_kv");
  const auto kv_heads = grouped ? keys.per_layer("attention.head_count_kv", count, 0) : heads;
  const auto wide = keys.per_layer("feed_forward_length", count, 0);
  if (!wide.empty()) shape.feed_forward = *std::max_element(wide.begin(), wide.end());
  for (uint64_t i = 0; i < count; ++i) {
    Layer layer;
    layer.heads = heads[i];
    layer.kv_heads = kv_heads[i];
    layer.key_dim = keys.number({"attention.key_length"}, width);
    layer.value_dim = keys.number({"attention.value_length"}, width);
    shape.layers.push_back(layer);
  }
  mark_recurrent(keys, shape);
  mark_latent(keys, shape);
  mark_sliding(keys, shape);
  mark_silent(keys, shape);
}

// The vision or audio tower of a projector file (tools/mtmd/clip.cpp of llama.cpp).
void read_projector(const ModelFile& file, Shape& shape) {
  const Keys clip(file, "clip.");
  for (const string_view kind : {"vision", "audio"}) {
    const Keys keys = clip.below(kind);
    const uint64_t layers = keys.number({"block_count"}, 0);
    if (layers == 0 || layers > kMostLayers || shape.encoder) continue;
    Encoder encoder;
    encoder.kind = kind == "vision" ? EncoderKind::vision : EncoderKind::whisper;
    encoder.layers = layers;
    encoder.embedding = keys.number({"embedding_length"}, 0);
    encoder.feed_forward = keys.number({"feed_forward_length"}, 0);
    encoder.heads = keys.number({"attention.head_count"}, 0);
    const uint64_t patch = keys.number({"patch_size"}, 0);
    if (kind == "audio") {
      encoder.positions = 1500;
      encoder.positions_per_second = 50;
    } else if (patch > 0) {
      const uint64_t side = std::min<uint64_t>(keys.number({"image_size"}, 0) / patch, 1 << 16);
      encoder.positions = side * side;
    }
    shape.encoder = encoder;
  }
}

}  // namespace

void read_gguf_figures(const ModelFile& file, Shape& shape) {
  const Keys general(file, "general.");
  shape.architecture = general.text({"architecture"});
  if (const string_view name = general.text({"name"}); !name.empty()) shape.name = name;
  const Keys keys(file, shape.architecture + ".");

  shape.family = among(kEncoders, shape.architecture) ? Family::encoder
                 : shape.architecture == "t5"         ? Family::encoder_decoder
                                                      : Family::decoder;
  shape.embedding = keys.number({"embedding_length"}, 0);
  shape.trained_context = keys.number({"context_length"}, 0);
  shape.experts = keys.number({"expert_count"}, 0);
  shape.experts_used = keys.number({"expert_used_count"}, 0);
  shape.expert_feed_forward = keys.number({"expert_feed_forward_length"}, 0);
  shape.vocabulary = keys.number({"vocab_size"}, Keys(file, "tokenizer.ggml.").length("tokens"));
  read_layers(keys, shape);
  if (shape.family == Family::encoder_decoder) {
    shape.encoder = {.layers = keys.number({"block_count"}, 0),
                     .embedding = shape.embedding,
                     .feed_forward = shape.feed_forward,
                     .heads = keys.number({"attention.head_count"}, 0)};
  }
  read_projector(file, shape);
  if (shape.experts > 0 && shape.expert_feed_forward == 0) {
    shape.expert_feed_forward = shape.feed_forward;
  }
  if (shape.architecture == "clip") shape.family = Family::encoder;
  if (shape.family == Family::decoder && shape.layers.empty()) shape.family = Family::other;
}

}  // namespace spillway::fit
