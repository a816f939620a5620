#pragma once

#include <string>

#include "base/bytes.h"
#include "fit/use.h"

namespace spillway {

/// The window of a stack that allocates as it goes (transformers): the most tokens, prompt and answer
/// together, with which weights + KV cache + attention stay under `threshold` of `vram`. Eager attention
/// grows with the square of the tokens, fused with their number: src/fit/need has the terms, and the bound
/// is the one that is sure to fit. Servers that take their KV cache when they load do not run out with
/// length: there the window is theirs.
/// Errors: those of reading the model; refused, where not one token fits.
Result<std::uint64_t> window_in_vram(const std::string& model, fit::Use use, Bytes vram,
                                     double threshold);

}  // namespace spillway
