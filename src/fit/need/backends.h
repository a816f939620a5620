#pragma once

#include "fit/footprint.h"

namespace spillway::fit {

/// One for each back end; footprint_of() picks.
Result<Footprint> llama_cpp_footprint(const Shape& shape, const Use& use);

/// Whisper's ggml files have a program and rules of their own.
Result<Footprint> whisper_cpp_footprint(const Shape& shape, const Use& use);
Result<Footprint> transformers_footprint(const Shape& shape, const Use& use);
Result<Footprint> onnxruntime_footprint(const Shape& shape, const Use& use);
Result<Footprint> vllm_footprint(const Shape& shape, const Use& use);

}  // namespace spillway::fit
