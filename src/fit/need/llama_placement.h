#pragma once

#include <cstddef>
#include <cstdint>

#include "fit/footprint.h"
#include "fit/need/sum.h"

namespace spillway::fit {

/// Where llama.cpp puts what (src/llama-model.cpp, load_tensors): the last n of the layers and the
/// output are on the GPU, which counts as one layer more; the token embedding never is.
struct LlamaPlacement {
  std::uint64_t first_on_gpu = 0;  // layers + 1: nothing is
  std::uint64_t layers = 0;

  Where of_layer(std::size_t layer) const {
    return layer >= first_on_gpu ? Where::vram : Where::ram;
  }
  Where of_output() const { return of_layer(layers); }
  bool uses_gpu() const { return first_on_gpu <= layers; }
  bool whole_on_gpu() const { return first_on_gpu == 0; }
};

LlamaPlacement llama_placement(const Shape& shape, const Use& use);

/// The tensors as stored, one line for each place.
void add_llama_weights(Sum& sum, const Shape& shape, const Use& use,
                       const LlamaPlacement& placement);

}  // namespace spillway::fit
