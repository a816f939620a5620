#pragma once

#include <string>
#include <vector>

#include "fit/choose/component.h"
#include "fit/footprint.h"
#include "fit/shape.h"
#include "fit/use.h"

namespace spillway::fit {

/// A model as somebody wants to run it, and the smaller ones of its family that are there.
struct ModelToPlan {
  ComponentKind kind = ComponentKind::other;
  Shape shape;
  Use use;
  std::vector<Shape> smaller;
};

/// How a model can be run. Three lists of the same length; what was asked for comes first.
struct Ways {
  std::vector<Variant> variants;
  std::vector<Use> uses;
  std::vector<std::size_t> models;  // 0: the one asked for; n: smaller[n - 1]
};

/// What the model needs as asked for. Errors: footprint_of()'s.
Result<Ways> as_asked(const ModelToPlan& model, const FootprintOf& footprint_of);

/// That, and every combination of what its back end can do to need less: half, a quarter and an
/// eighth of the context (or of the audio), a quantised KV cache, fused attention, lower precision,
/// fewer layers on the GPU, experts or all of it on the CPU, a smaller model. What footprint_of()
/// refuses is left out. Errors: those of what was asked for.
Result<Ways> ways_of(const ModelToPlan& model, const FootprintOf& footprint_of);

/// What a footprint means for a component: what is held between two requests, too.
Need need_of(const Footprint& footprint, Backend backend);

/// What a model is, as far as its shape tells.
ComponentKind kind_of(const Shape& shape);

}  // namespace spillway::fit
