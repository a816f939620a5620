#pragma once

#include <string>

#include "fit/files/header_reader.h"
#include "fit/model_file.h"

namespace spillway::fit {

/// safetensors: eight bytes of length, a JSON header, the numbers (safetensors/src/tensor.rs of
/// huggingface/safetensors). A sharded model has a model.safetensors.index.json with the files' names.

/// One file. Errors: invalid, with the byte, for what the library refuses too: holes, overlaps, lengths
/// that are not those of the shape, a header beyond 100 MB.
Result<ModelFile> read_safetensors(HeaderReader& in);

}  // namespace spillway::fit
