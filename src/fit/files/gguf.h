#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "fit/files/header_reader.h"
#include "fit/model_file.h"

namespace spillway::fit {

/// GGUF, version 2 and 3, little-endian (ggml/src/gguf.cpp and docs/gguf.md of llama.cpp and ggml).

/// The type with this number in a GGUF file (enum ggml_type, ggml/include/ggml.h); nullopt for numbers
/// that were taken back (4, 5, 31-33, 36-38) and for those that nobody knows.
std::optional<TensorType> ggml_type(std::uint32_t id);

/// One file, which may be one of several that a model is split into. Tokens are counted, not kept.
/// Errors: invalid, with the byte, for whatever llama.cpp would not load either; unsupported for
/// version 1 and big-endian files.
Result<ModelFile> read_gguf(HeaderReader& in);

/// A whole model: any file of a split one ("name-00001-of-00003.gguf", llama.cpp's split.* keys) stands
/// for all of them. Errors: also not_found, naming the file that is missing.
Result<ModelFile> open_gguf(const std::string& path);

}  // namespace spillway::fit
