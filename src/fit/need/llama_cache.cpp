#include "fit/need/llama_cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

namespace spillway::fit {
namespace {

using enum TensorType;

// common/arg.cpp: kv_cache_types
constexpr std::array kCacheTypes = {f32, f16, bf16, q8_0, q4_0, q4_1, iq4_nl, q5_0, q5_1};

Amount row(TensorType type, Amount elements) {
  return stored_bytes(type, elements.count).value_or(Amount::kMost);
}

bool attends(const Layer& layer) {
  return layer.kind == LayerKind::full || layer.kind == LayerKind::sliding;
}

Status check_type(TensorType type, bool is_value, const Shape& shape) {
  const TypeLayout& layout = layout_of(type);
  const char* which = is_value ? "--cache-type-v" : "--cache-type-k";
  if (std::find(kCacheTypes.begin(), kCacheTypes.end(), type) == kCacheTypes.end()) {
    return fail(Errc::invalid, fmt::format("llama.cpp has no {} cache", layout.name), which,
                "f32, f16, bf16, q8_0, q5_1, q5_0, q4_1, q4_0 or iq4_nl");
  }
  for (const Layer& layer : shape.layers) {
    const std::uint64_t head = is_value ? layer.value_dim : layer.key_dim;
    if (attends(layer) && head % layout.block_elements != 0) {
      return fail(
          Errc::invalid,
          fmt::format("blocks of {} do not divide heads of {}", layout.block_elements, head), which,
          "f16");
    }
  }
  return {};
}

Status check(const Shape& shape, const Use& use) {
  if (Status key = check_type(use.cache_k, false, shape); !key) return key;
  if (Status value = check_type(use.cache_v, true, shape); !value) return value;
  if (use.attention == Attention::eager && layout_of(use.cache_v).block_elements > 1) {
    return fail(Errc::invalid, "a quantised V cache needs flash attention", "--cache-type-v",
                "--attention flash, or f16 for V");
  }
  return {};
}

struct Row {
  Where where;
  LayerKind kind;
  Amount key, value;  // elements
  auto operator<=>(const Row&) const = default;
};

// Without flash attention V lies transposed, in rows as long as the longest of all layers.
Amount value_elements(const Shape& shape, const Layer& layer, Attention attention) {
  Amount elements = Amount{layer.kv_heads} * layer.value_dim;
  if (attention == Attention::flash || layer.value_dim == 0) return elements;
  for (const Layer& other : shape.layers) {
    if (attends(other)) elements = std::max(elements, Amount{other.kv_heads} * other.value_dim);
  }
  return elements;
}

std::string cells_of(const LlamaCells& cells, Amount per_stream) {
  if (cells.streams == 1) return fmt::format("{} cells", per_stream.count);
  return fmt::format("{} streams x {} cells", cells.streams, per_stream.count);
}

std::string row_of(TensorType type, Amount elements) {
  return fmt::format("{} x {} = {} B", elements.count, layout_of(type).name,
                     row(type, elements).count);
}

}  // namespace

Status add_llama_cache(Sum& sum, const Shape& shape, const Use& use, const LlamaCells& cells,
                       const LlamaPlacement& placement) {
  if (Status checked = check(shape, use); !checked) return checked;
  std::map<Row, std::uint64_t> rows;  // how many layers have it
  std::map<std::tuple<Where, Amount, Amount>, std::uint64_t> states;
  for (std::size_t i = 0; i < shape.layers.size(); ++i) {
    const Layer& layer = shape.layers[i];
    if (attends(layer)) {
      const bool slides = layer.kind == LayerKind::sliding && cells.sliding < cells.full;
      ++rows[{placement.of_layer(i), slides ? LayerKind::sliding : LayerKind::full,
              Amount{layer.kv_heads} * layer.key_dim, value_elements(shape, layer, use.attention)}];
    } else if (layer.kind == LayerKind::recurrent) {
      ++states[{placement.of_layer(i), layer.conv_state, layer.cell_state}];
    }
  }
  for (const auto& [each, layers] : rows) {
    const bool slides = each.kind == LayerKind::sliding;
    const Amount in_stream = slides ? cells.sliding : cells.full;
    sum.exact(PartKind::kv, each.where,
              fmt::format("KV cache, {} {} layers", layers, slides ? "sliding" : "full"),
              Amount{layers} * cells.streams * in_stream *
                  (row(use.cache_k, each.key) + row(use.cache_v, each.value)),
              fmt::format("{} layers x {} x (K {} + V {})", layers, cells_of(cells, in_stream),
                          row_of(use.cache_k, each.key), row_of(use.cache_v, each.value)));
  }
  for (const auto& [state, layers] : states) {
    const auto& [where, conv, cell] = state;
    sum.exact(PartKind::kv, where, fmt::format("recurrent state, {} layers", layers),
              Amount{layers} * cells.sequences * (conv + cell) * 4,
              fmt::format("{} layers x {} sequences x ({} + {}) x 4 B", layers, cells.sequences,
                          conv.count, cell.count));
  }
  return {};
}

}  // namespace spillway::fit
