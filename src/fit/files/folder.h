#pragma once

#include <string>

#include "fit/model_file.h"

namespace spillway::fit {

/// The model in a folder: safetensors before GGUF before ONNX before PyTorch before a config.json alone,
/// and what was passed over in the notes. A repository in a Hugging Face cache ("models--org--name")
/// stands for its main snapshot. Errors: not_found where there is none.
Result<ModelFile> open_folder(const std::string& path);

/// One file, by its content.
Result<ModelFile> open_file(const std::string& path);

}  // namespace spillway::fit
