#pragma once

#include "fit/need/llama_cells.h"
#include "fit/need/llama_placement.h"
#include "fit/need/sum.h"

namespace spillway::fit {

/// The buffers that llama.cpp's graph is laid out in, on the GPU and on the host, and the logits.
void add_llama_compute(Sum& sum, const Shape& shape, const Use& use, const LlamaCells& cells,
                       const LlamaPlacement& placement);

}  // namespace spillway::fit
