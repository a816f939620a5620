#pragma once

#include "fit/need/llama_cells.h"
#include "fit/need/llama_placement.h"
#include "fit/need/sum.h"

namespace spillway::fit {

/// The KV cache and recurrent states, to the byte, one line for each kind of layer and place.
/// Errors: invalid (a cache type that llama.cpp has not, heads that its blocks do not divide, a
/// quantised V without flash attention).
Status add_llama_cache(Sum& sum, const Shape& shape, const Use& use, const LlamaCells& cells,
                       const LlamaPlacement& placement);

}  // namespace spillway::fit
