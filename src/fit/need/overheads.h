#pragma once

#include "fit/footprint.h"
#include "fit/need/sum.h"

namespace spillway::fit {

/// What a process of this back end costs before its first tensor: the CUDA context with the
/// libraries' kernels in VRAM (only where it uses the GPU), the program itself in RAM.
void add_process(Sum& sum, Backend backend, bool uses_gpu);

}  // namespace spillway::fit
