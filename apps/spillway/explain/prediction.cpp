#include "explain/prediction.h"

#include <fmt/format.h>

#include <algorithm>

#include "fit/footprint.h"
#include "fit/need/inverse.h"

namespace spillway {
namespace {

using doctor::Finding;
using doctor::Workload;
using fit::Backend;
using fit::Shape;
using fit::Use;

constexpr std::size_t kMostModels = 16;
constexpr std::int64_t kMostLayers = 1000, kMostFigure = 1 << 20;

std::uint64_t positive(const std::optional<std::int64_t>& number) {
  return number && *number > 0 ? static_cast<std::uint64_t>(*number) : 0;
}

/// How it was run, as far as the log tells.
Use use_of(const Finding& finding) {
  const Workload& load = finding.workload;
  Use use;
  if (const auto tokens = positive(load.context_tokens ? load.context_tokens : load.tokens);
      tokens > 0)
    use.context = tokens;
  if (load.gpu_layers && *load.gpu_layers >= 0) use.gpu_layers = positive(load.gpu_layers);
  if (finding.kind == doctor::Kind::host_alloc) use.on_cpu = true;
  return use;
}

/// Only the cache: what the server printed of its attention.
std::optional<Shape> printed_shape(const Workload& load) {
  const auto sane = [](const std::optional<std::int64_t>& n, std::int64_t most) {
    return n && *n > 0 && *n <= most;
  };
  if (!sane(load.layers, kMostLayers) || !sane(load.kv_heads, kMostFigure) ||
      !sane(load.key_dim, kMostFigure) || !sane(load.value_dim, kMostFigure)) {
    return std::nullopt;
  }
  Shape shape;
  shape.family = fit::Family::decoder;
  fit::Layer layer;
  layer.heads = layer.kv_heads = positive(load.kv_heads);
  layer.key_dim = positive(load.key_dim);
  layer.value_dim = positive(load.value_dim);
  shape.layers.assign(positive(load.layers), layer);
  return shape;
}

/// Of one kind: what a measure saves for sure. The peak of computing differs with every version of a framework.
std::optional<Bytes> part_of(const Shape& shape, const Use& use, fit::PartKind kind) {
  const auto footprint = fit::footprint_of(shape, use);
  if (!footprint) return std::nullopt;
  return footprint->sum(use.on_cpu ? fit::Where::ram : fit::Where::vram, kind).likely;
}

/// The most tokens that the device takes; nullopt where nothing grows with them.
std::optional<std::uint64_t> most_tokens(const Shape& shape, const Use& use, Bytes device) {
  const auto most = fit::largest_context(
      shape, use, use.on_cpu ? fit::Where::ram : fit::Where::vram, device, fit::Bound::likely);
  if (!most || *most >= fit::kLongestContext) return std::nullopt;
  return *most;
}

/// What the model could have had at most.
std::optional<Bytes> device_of(const Finding& finding) {
  return finding.total ? finding.total : finding.workload.device_free;
}

/// What fits instead: as many tokens as there is room for, else half of them.
std::uint64_t fewer_tokens(const Finding& finding, const Shape& shape, const Use& use, bool whole) {
  const std::uint64_t half = use.context / 2;
  const auto device = device_of(finding);
  if (!whole || !device) return half;
  const auto most = most_tokens(shape, use, *device);
  return most && *most > 0 && *most < use.context ? *most : half;
}

}  // namespace

const fit::LoadedModel* Prediction::known(const std::string& model) {
  if (model.empty()) return nullptr;
  const auto found = models_.find(model);
  if (found != models_.end()) return found->second ? &*found->second : nullptr;
  if (models_.size() >= kMostModels) return nullptr;
  auto loaded = fit::load_model({model, {}, {}, {}}, fit::ComponentKind::llm, surroundings_);
  auto& kept = models_[model];
  if (loaded) kept = std::move(*loaded);
  return kept ? &*kept : nullptr;
}

std::optional<doctor::Predictor::Effect> Prediction::effect(const Finding& finding,
                                                            Measure measure) {
  const fit::LoadedModel* model = known(finding.workload.model);
  const bool whole = model != nullptr;
  const auto printed =
      whole ? std::optional(model->to_plan.shape) : printed_shape(finding.workload);
  if (!printed) return std::nullopt;
  const Shape& shape = *printed;
  const Use now = use_of(finding);

  fit::PartKind kind = fit::PartKind::kv;
  Use then = now;
  Shape other = shape;
  std::string what;
  switch (measure) {
    case Measure::half_precision:
      // Of files of 32 bits; others are as small as they are.
      if (!whole || shape.dtype != fit::TensorType::f32) return std::nullopt;
      then.precision = fit::TensorType::f16;
      kind = fit::PartKind::weights;
      what = "half precision (fp16)";
      break;
    case Measure::quantised_cache:
      if (now.cache_type_given) return std::nullopt;
      then.cache_k = then.cache_v = fit::TensorType::q8_0;
      then.cache_type_given = true;
      what = "a KV cache of type q8_0";
      break;
    case Measure::shorter_context:
      then.context = fewer_tokens(finding, shape, now, whole);
      if (then.context == 0) return std::nullopt;
      what = fmt::format("a context of {} tokens instead of {}", then.context, now.context);
      break;
    case Measure::smaller_model: {
      if (!whole) return std::nullopt;
      const auto smaller = fit::smaller_models(*model, {}, surroundings_);
      if (smaller.empty()) return std::nullopt;
      other = smaller.front();
      kind = fit::PartKind::weights;
      what = fmt::format("{} instead of {}", other.name, shape.name);
      break;
    }
    case Measure::smaller_batch:
    case Measure::fewer_layers: return std::nullopt;
  }
  const auto before = part_of(shape, now, kind), after = part_of(other, then, kind);
  if (!before || !after || *after >= *before) return std::nullopt;
  return Effect{*before - *after, std::move(what)};
}

std::optional<std::int64_t> Prediction::token_limit(const Finding& finding) {
  const fit::LoadedModel* model = known(finding.workload.model);
  const auto device = device_of(finding);
  if (model == nullptr || !device) return std::nullopt;
  const auto most = most_tokens(model->to_plan.shape, use_of(finding), *device);
  if (!most || *most == 0) return std::nullopt;
  return static_cast<std::int64_t>(*most);
}

}  // namespace spillway
