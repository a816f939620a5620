#pragma once

#include "fit/footprint.h"
#include "fit/need/sum.h"

namespace spillway::fit {

/// What a process of this back end costs before its first tensor: the CUDA context with the
/// libraries' kernels in VRAM (only where it uses the GPU), the program itself in RAM.
void add_process(Sum& sum, Backend backend, bool uses_gpu);

/// What captured graphs keep: private pools, and the graphs themselves.
void add_cuda_graphs(Sum& sum);

/// The line of the weights' rounding, which a measured run replaces (correction.h).
inline constexpr const char* kRoundingOfWeights = "the allocator's rounding of weights";

}  // namespace spillway::fit
