#include <algorithm>

#include "fit/files/shape/parts_of_shape.h"
#include "fit/files/shape/recipe.h"

namespace spillway::fit {
namespace {

using std::string_view;
using std::uint64_t;

uint64_t small(const Keys& keys, Keys::Names names, uint64_t otherwise) {
  return std::min<uint64_t>(keys.number(names, otherwise), 1 << 20);
}

uint64_t kv_heads_of(const Keys& keys, const Recipe& recipe, uint64_t heads) {
  if (const auto said = keys.number({"num_key_value_heads", "num_kv_heads", "n_head_kv",
                                     "multi_query_group_num", "attn_config.kv_n_heads"})) {
    // Falcon writes num_kv_heads even where multi_query means one.
    const bool one = keys.flag({"multi_query"}).value_or(false) && recipe.model_type == "falcon" &&
                     !keys.flag({"new_decoder_architecture"}).value_or(false);
    return one ? 1 : *said;
  }
  const bool one = recipe.model_type == "falcon" || recipe.model_type == "gpt_bigcode";
  if (keys.flag({"multi_query"}).value_or(one)) return 1;
  return recipe.kv_heads > 0 ? recipe.kv_heads : heads;
}

// What one sequence keeps in a layer that is no attention: the caches of transformers' modeling_*.py.
void set_states(const Keys& keys, string_view type, const Shape& shape, Layer& layer) {
  const uint64_t d = shape.embedding;
  const Keys linear = keys.below("linear_attn_config");
  if (type == "conv") {
    layer.conv_state = d * small(keys, {"conv_L_cache"}, 3);
  } else if (const uint64_t values = small(keys, {"linear_num_value_heads"}, 0)) {
    const uint64_t key = small(keys, {"linear_key_head_dim"}, 128);
    const uint64_t value = small(keys, {"linear_value_head_dim"}, 128);
    const uint64_t width = 2 * small(keys, {"linear_num_key_heads"}, values) * key + values * value;
    layer.conv_state = width * std::min<uint64_t>(small(keys, {"linear_conv_kernel_dim"}, 4), 256);
    layer.cell_state = values * std::min<uint64_t>(key * value, 1 << 24);
  } else if (const uint64_t head = small(linear, {"head_dim"}, 0)) {
    const uint64_t inner = small(linear, {"num_heads"}, layer.heads) * head;
    layer.conv_state =
        3 * inner * std::min<uint64_t>(small(linear, {"short_conv_kernel_size"}, 4), 256);
    layer.cell_state = inner * head;
  } else if (const uint64_t lru = small(keys, {"lru_width"}, 0)) {
    layer.conv_state = lru * (std::max<uint64_t>(small(keys, {"conv1d_width"}, 4), 1) - 1);
    layer.cell_state = lru;
  } else if (shape.architecture == "rwkv") {
    layer.cell_state = 5 * d;
  } else if (shape.architecture.starts_with("minimax")) {
    layer.cell_state = layer.heads * layer.key_dim * layer.key_dim;
  } else {  // Mamba, Mamba-2
    const uint64_t heads =
        small(keys, {"mamba_n_heads", "mamba_num_heads", "n_mamba_heads"},
              shape.architecture == "mamba2" ? small(keys, {"num_heads"}, 128) : 0);
    const uint64_t head_dim = small(keys, {"mamba_d_head", "mamba_head_dim", "head_dim"}, 64);
    const uint64_t expand = small(keys, {"mamba_expand", "expand"}, 2);
    const uint64_t width = heads > 0 ? std::min<uint64_t>(heads * head_dim, 1 << 24)
                                     : small(keys, {"mamba_d_ssm"}, expand * d);
    const uint64_t state = small(keys, {"mamba_d_state", "ssm_state_size", "state_size"}, 16);
    const uint64_t groups = heads > 0 ? small(keys, {"mamba_n_groups", "n_groups"}, 1) : 0;
    const uint64_t kernel =
        std::min<uint64_t>(small(keys, {"mamba_d_conv", "conv_kernel"}, 4), 256);
    layer.conv_state = (width + std::min<uint64_t>(2 * groups * state, 1 << 24)) * kernel;
    layer.cell_state = width * state;
  }
}

// "full", "sliding", "recurrent" or "none", by whatever name a configuration has for it.
LayerKind kind_named(string_view type) {
  constexpr auto kRecurrent = std::to_array<string_view>(
      {"linear_attention", "mamba", "mamba2", "recurrent", "conv", "M", "linear"});
  if (std::find(kRecurrent.begin(), kRecurrent.end(), type) != kRecurrent.end()) {
    return LayerKind::recurrent;
  }
  if (type == "sliding_attention" || type == "chunked_attention" || type == "local") {
    return LayerKind::sliding;
  }
  if (type == "mlp" || type == "moe" || type == "-" || type == "E") return LayerKind::none;
  return LayerKind::full;
}

uint64_t period_of(const Recipe& recipe) {
  if (has(recipe, kSlidesByTwo)) return 2;
  if (has(recipe, kSlidesByFour)) return 4;
  if (has(recipe, kSlidesByFive)) return 5;
  return has(recipe, kSlidesBySix) ? 6 : 0;
}

// The names of all layers' kinds; empty where every layer attends to everything.
std::vector<string_view> layer_types(const Keys& keys, const Recipe& recipe, const Shape& shape) {
  const std::size_t count = shape.layers.size();
  for (const string_view list : {"layer_types", "layers_block_type"}) {
    if (auto types = keys.words(list); !types.empty()) return types;
  }
  std::vector<string_view> out(count, "full_attention");
  const auto where = [&](auto is, string_view name) {
    for (std::size_t i = 0; i < count; ++i) {
      if (is(i)) out[i] = name;
    }
    return out;
  };
  if (const auto cycle = keys.words("block_types"); !cycle.empty()) {
    for (std::size_t i = 0; i < count; ++i) out[i] = cycle[i % cycle.size()];
    return out;
  }
  if (const string_view pattern = keys.text({"hybrid_override_pattern"}); !pattern.empty()) {
    for (std::size_t i = 0; i < std::min(count, pattern.size()); ++i) out[i] = pattern.substr(i, 1);
    return out;
  }
  if (const uint64_t period = keys.number({"attn_layer_period"}, 0)) {
    const uint64_t offset = keys.number({"attn_layer_offset"}, 0);
    return where([&](uint64_t i) { return i % period != offset % period; }, "mamba");
  }
  const auto listed = [](const std::vector<std::int64_t>& list, std::size_t i) {
    return std::find(list.begin(), list.end(), static_cast<std::int64_t>(i)) != list.end();
  };
  if (const auto attends = keys.list("attn_layer_indices"); !attends.empty()) {
    return where([&](std::size_t i) { return !listed(attends, i); }, "mamba");
  }
  if (const auto kda = keys.below("linear_attn_config").list("kda_layers"); !kda.empty()) {
    return where([&](std::size_t i) { return listed(kda, i + 1); }, "linear_attention");
  }
  if (const auto kinds = keys.list("attn_type_list"); !kinds.empty()) {
    return where([&](std::size_t i) { return i < kinds.size() && kinds[i] == 0; }, "linear");
  }
  const uint64_t interval =
      keys.number({"full_attention_interval"}, shape.architecture == "qwen3_next" ? 4 : 0);
  if (interval > 0) return where([&](uint64_t i) { return (i + 1) % interval != 0; }, "linear");
  if (const auto chunked = keys.list("no_rope_layers"); !chunked.empty()) {
    return where([&](std::size_t i) { return i < chunked.size() && chunked[i] != 0; },
                 "chunked_attention");
  }
  if (shape.architecture.starts_with("llama4")) {
    return where([](std::size_t i) { return (i + 1) % 4 != 0; }, "chunked_attention");
  }
  if (shape.window == 0) return {};
  const uint64_t period =
      keys.number({"sliding_window_pattern", "_sliding_window_pattern"}, period_of(recipe));
  if (period > 0) {
    return where([&](uint64_t i) { return (i + 1) % period != 0; }, "sliding_attention");
  }
  const uint64_t from = keys.number({"max_window_layers"}, 0);
  return where([&](std::size_t i) { return i >= from; }, "sliding_attention");
}

void set_kinds(const Keys& keys, const Recipe& recipe, Shape& shape) {
  const bool recurrent_only = shape.architecture == "rwkv" ||
                              shape.architecture.starts_with("mamba") ||
                              shape.architecture == "falcon_mamba";
  const auto types = layer_types(keys, recipe, shape);
  const uint64_t shared = keys.number({"num_kv_shared_layers"}, 0);
  for (std::size_t i = 0; i < shape.layers.size(); ++i) {
    Layer& layer = shape.layers[i];
    const string_view type = i < types.size() ? types[i] : string_view("full_attention");
    layer.kind = recurrent_only ? LayerKind::recurrent : kind_named(type);
    const bool both = shape.architecture == "falcon_h1";
    if (layer.kind == LayerKind::recurrent || both) set_states(keys, type, shape, layer);
    if (layer.kind == LayerKind::recurrent) layer.kv_heads = layer.key_dim = layer.value_dim = 0;
    if (has(recipe, kEncoder) ||
        i + std::min<uint64_t>(shared, shape.layers.size()) >= shape.layers.size()) {
      if (has(recipe, kEncoder) || shared > 0) layer.kind = LayerKind::none;
    }
  }
}

}  // namespace

void read_config_layers(const Keys& keys, const Recipe& recipe, Shape& shape) {
  const uint64_t count = keys.number({"decoder_layers", "num_decoder_layers", "num_hidden_layers",
                                      "n_layer", "n_layers", "num_layers"},
                                     recipe.layers);
  if (count > kMostLayers) return;
  Layer layer;
  layer.heads = keys.number(
      {"decoder_attention_heads", "num_attention_heads", "n_head", "n_heads", "num_heads"},
      recipe.heads);
  layer.kv_heads = kv_heads_of(keys, recipe, layer.heads);
  const uint64_t width = layer.heads > 0 ? shape.embedding / layer.heads : 0;
  layer.key_dim = keys.number({"head_dim", "attention_head_dim", "kv_channels", "d_kv"},
                              recipe.head_dim > 0 ? recipe.head_dim : width);
  layer.value_dim = layer.key_dim;
  if (const uint64_t rank = keys.number({"kv_lora_rank"}, 0)) {
    const uint64_t rope = keys.number({"qk_rope_head_dim"}, 64);
    layer.mla_key_dim = keys.number({"qk_nope_head_dim"}, 128) + rope;
    layer.mla_value_dim = keys.number({"v_head_dim"}, 128);
    layer.kv_heads = 1;
    layer.key_dim = rank + rope;
    layer.value_dim = 0;
  }
  shape.layers.assign(count, layer);
  // Qwen's configurations name a window and do not use it.
  const bool used =
      keys.flag({"use_sliding_window"}).value_or(!recipe.model_type.starts_with("qwen"));
  if (used) {
    shape.window = keys.number({"sliding_window", "attention_chunk_size", "attention_window_size"},
                               recipe.window);
  }
  set_kinds(keys, recipe, shape);
  const bool slides = std::any_of(shape.layers.begin(), shape.layers.end(),
                                  [](const Layer& l) { return l.kind == LayerKind::sliding; });
  if (!slides) shape.window = 0;
}

}  // namespace spillway::fit
