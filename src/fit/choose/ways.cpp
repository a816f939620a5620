#include "fit/choose/ways.h"

#include <algorithm>
#include <array>

#include "fit/choose/change.h"

namespace spillway::fit {
namespace {

constexpr std::uint64_t kShortestContext = 512;
constexpr double kShortestAudio = 10;  // seconds
constexpr int kHalvings = 3;
constexpr std::uint64_t kLayerQuarters = 4;

/// A way to go on from what was decided so far; the first of a list changes nothing.
struct Step {
  Use use;
  std::optional<Change> change;
};
using Steps = std::vector<Step>;

/// What back ends can do, and give back between two requests.
struct Abilities {
  bool quantised_kv, converts, layers_on_cpu, all_on_cpu;
  bool keeps_kv, keeps_compute;  // allocated once, held while nothing is computed
};
constexpr std::array<Abilities, 4> kAbilities{{
    {true, false, true, true, true, true},     // llama.cpp allocates everything at start
    {false, true, false, true, false, false},  // transformers: the cache lives as long as a request
    {false, true, false, true, false, true},   // ONNX Runtime's arena does not shrink
    {false, true, false, false, true, true},   // vLLM reserves its share of the card up front
}};
const Abilities& abilities_of(Backend backend) {
  return kAbilities[static_cast<std::size_t>(backend)];
}

std::string type_name(TensorType type) {
  std::string name(layout_of(type).name);
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return name;
}

class Generator {
 public:
  Generator(const ModelToPlan& model, const FootprintOf& footprint_of)
      : model_(model), footprint_of_(footprint_of), backend_(backend_of(model.shape, model.use)) {}

  Result<Ways> asked() {
    const auto footprint = footprint_of_(model_.shape, model_.use);
    if (!footprint) return tl::unexpected(footprint.error());
    add({}, model_.use, *footprint, 0);
    return std::move(ways_);
  }

  Result<Ways> all() {
    auto first = asked();
    if (!first) return first;
    ways_ = std::move(*first);
    // In the order of their cost: a variant's changes are then in that order, too.
    using Knob = Steps (Generator::*)(const Use&) const;
    constexpr std::array<Knob, 7> kKnobs{
        &Generator::contexts,   &Generator::audio,  &Generator::caches, &Generator::attentions,
        &Generator::precisions, &Generator::layers, &Generator::places};
    const auto combine = [&](auto&& self, std::size_t knob, const Use& use,
                             std::vector<Change> changes) -> void {
      if (knob == kKnobs.size()) return add_if_it_can(std::move(changes), use, 0);
      for (const Step& step : (this->*kKnobs[knob])(use)) {
        std::vector<Change> longer = changes;
        if (step.change) longer.push_back(*step.change);
        self(self, knob + 1, step.use, std::move(longer));
      }
    };
    combine(combine, 0, model_.use, {});
    for (std::size_t i = 0; i < model_.smaller.size(); ++i) {
      const std::string what = model_.smaller[i].name + " instead of " + model_.shape.name;
      add_if_it_can({change(ChangeKind::smaller_model, what)}, model_.use, i + 1);
    }
    return std::move(ways_);
  }

 private:
  Change change(ChangeKind kind, std::string what, int steps = 1) const {
    return change_of(kind, model_.kind, std::move(what), steps);
  }

  Steps contexts(const Use& use) const {
    Steps steps{{use, {}}};
    if (model_.shape.family == Family::other || model_.shape.layers.empty()) return steps;
    for (int halvings = 1; halvings <= kHalvings; ++halvings) {
      Use less = use;
      less.context = use.context >> halvings;
      if (less.context < kShortestContext) break;
      steps.push_back({less, change(ChangeKind::smaller_context,
                                    "context " + std::to_string(less.context) + " instead of " +
                                        std::to_string(use.context),
                                    halvings)});
    }
    return steps;
  }

  Steps audio(const Use& use) const {
    Steps steps{{use, {}}};
    for (int halvings = 1; halvings <= kHalvings; ++halvings) {
      Use less = use;
      less.audio_seconds = use.audio_seconds / (1 << halvings);
      if (less.audio_seconds < kShortestAudio) break;
      const auto seconds = static_cast<std::uint64_t>(less.audio_seconds);
      steps.push_back(
          {less, change(ChangeKind::smaller_context,
                        "audio in pieces of " + std::to_string(seconds) + " s", halvings)});
    }
    return steps;
  }

  Steps caches(const Use& use) const {
    Steps steps{{use, {}}};
    if (!abilities_of(backend_).quantised_kv) return steps;
    int so_many = 0;
    for (const TensorType type : {TensorType::q8_0, TensorType::q4_0}) {
      ++so_many;
      const auto bits = [](TensorType t) {
        return static_cast<double>(layout_of(t).block_bits) / layout_of(t).block_elements;
      };
      if (bits(type) >= bits(use.cache_k)) continue;
      Use less = use;
      less.cache_k = less.cache_v = type;
      less.cache_type_given = true;
      steps.push_back(
          {less, change(ChangeKind::quantised_kv,
                        "KV cache in " + type_name(type) + " instead of " + type_name(use.cache_k),
                        so_many)});
    }
    return steps;
  }

  Steps attentions(const Use& use) const {
    Steps steps{{use, {}}};
    if (use.attention != Attention::eager) return steps;
    Use fused = use;
    fused.attention = Attention::flash;
    steps.push_back(
        {fused, change(ChangeKind::fused_attention, "fused instead of eager attention")});
    return steps;
  }

  Steps precisions(const Use& use) const {
    Steps steps{{use, {}}};
    if (!abilities_of(backend_).converts) return steps;
    const TensorType now = use.precision.value_or(model_.shape.dtype);
    const bool is_f32 = now == TensorType::f32;
    const bool is_16 = now == TensorType::f16 || now == TensorType::bf16;
    const auto offer = [&](TensorType type, const char* word, int so_many) {
      Use less = use;
      less.precision = type;
      steps.push_back(
          {less, change(ChangeKind::lower_precision,
                        std::string(word) + " instead of " + (is_f32 ? "fp32" : type_name(now)),
                        so_many)});
    };
    if (is_f32) offer(TensorType::f16, "fp16", 1);
    if (is_f32 || is_16) offer(TensorType::i8, "int8", 2);
    return steps;
  }

  Steps layers(const Use& use) const {
    Steps steps{{use, {}}};
    if (!abilities_of(backend_).layers_on_cpu || use.on_cpu) return steps;
    if (model_.shape.experts > 0 && !use.experts_on_cpu) {
      Use less = use;
      less.experts_on_cpu = true;
      steps.push_back({less, change(ChangeKind::layers_on_cpu, "the experts on the CPU", 1)});
    }
    const std::uint64_t all = model_.shape.layers.size() + 1;
    const std::uint64_t now = std::min(use.gpu_layers.value_or(all), all);
    for (std::uint64_t quarter = 1; quarter < kLayerQuarters && now > 1; ++quarter) {
      Use less = use;
      less.gpu_layers = now * (kLayerQuarters - quarter) / kLayerQuarters;
      if (*less.gpu_layers == 0) break;
      steps.push_back({less, change(ChangeKind::layers_on_cpu,
                                    std::to_string(now - *less.gpu_layers) + " of " +
                                        std::to_string(now) + " layers on the CPU",
                                    static_cast<int>(quarter))});
    }
    return steps;
  }

  /// All of it on the CPU, where no layers were moved there one by one.
  Steps places(const Use& use) const {
    Steps steps{{use, {}}};
    const bool moved =
        use.gpu_layers != model_.use.gpu_layers || use.experts_on_cpu != model_.use.experts_on_cpu;
    if (!abilities_of(backend_).all_on_cpu || use.on_cpu || moved) return steps;
    Use less = use;
    less.on_cpu = true;
    const bool helper = is_helper(model_.kind);
    steps.push_back({less, change(helper ? ChangeKind::helper_on_cpu : ChangeKind::whole_on_cpu,
                                  "on the CPU")});
    return steps;
  }

  void add_if_it_can(std::vector<Change> changes, const Use& use, std::size_t model) {
    if (changes.empty()) return;  // what was asked for is there already
    const auto footprint =
        footprint_of_(model == 0 ? model_.shape : model_.smaller[model - 1], use);
    if (footprint) add(std::move(changes), use, *footprint, model);
  }

  void add(std::vector<Change> changes, const Use& use, const Footprint& footprint,
           std::size_t model) {
    ways_.variants.push_back({std::move(changes), need_of(footprint, backend_)});
    ways_.uses.push_back(use);
    ways_.models.push_back(model);
  }

  const ModelToPlan& model_;
  const FootprintOf& footprint_of_;
  const Backend backend_;
  Ways ways_;
};

Range less(const Range& whole, const Range& part) {
  return {whole.low - part.low, whole.likely - part.likely, whole.high - part.high};
}

}  // namespace

Result<Ways> as_asked(const ModelToPlan& model, const FootprintOf& footprint_of) {
  return Generator(model, footprint_of).asked();
}

Result<Ways> ways_of(const ModelToPlan& model, const FootprintOf& footprint_of) {
  return Generator(model, footprint_of).all();
}

Need need_of(const Footprint& footprint, Backend backend) {
  const Abilities& abilities = abilities_of(backend);
  Need need;
  const auto at = [&](Where where, Range& idle, Range& peak, Range& overhead) {
    overhead = footprint.sum(where, PartKind::overhead);
    peak = less(footprint.sum(where), overhead);
    idle = footprint.sum(where, PartKind::weights);
    if (abilities.keeps_kv) idle += footprint.sum(where, PartKind::kv);
    if (abilities.keeps_compute) idle += footprint.sum(where, PartKind::compute);
  };
  at(Where::vram, need.vram_idle, need.vram_peak, need.vram_overhead);
  at(Where::ram, need.ram_idle, need.ram_peak, need.ram_overhead);
  return need;
}

ComponentKind kind_of(const Shape& shape) {
  const bool hears = shape.encoder && (shape.encoder->kind == EncoderKind::whisper ||
                                       shape.encoder->kind == EncoderKind::fast_conformer);
  if (hears) return ComponentKind::stt;
  switch (shape.family) {
    case Family::decoder: return ComponentKind::llm;
    case Family::encoder: return ComponentKind::embeddings;
    case Family::encoder_decoder:
    case Family::other: break;
  }
  return ComponentKind::other;
}

}  // namespace spillway::fit
