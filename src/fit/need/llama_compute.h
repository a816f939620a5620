#pragma once

#include "fit/need/llama_cells.h"
#include "fit/need/llama_placement.h"
#include "fit/need/sum.h"

namespace spillway::fit {

/// The buffers that llama.cpp's graph is laid out in, on the GPU and on the host, and the logits.
void add_llama_compute(Sum& sum, const Shape& shape, const Use& use, const LlamaCells& cells,
                       const LlamaPlacement& placement);

/// What an encoder of images or sound computes with, in f32: an mmproj file by itself is planned for
/// one image.
void add_llama_encoder(Sum& sum, const Shape& shape, const Use& use);

}  // namespace spillway::fit
