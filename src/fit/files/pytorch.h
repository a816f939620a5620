#pragma once

#include "fit/files/header_reader.h"
#include "fit/model_file.h"

namespace spillway::fit {

/// PyTorch's files are programs for Python's pickle: nothing here runs them.

/// torch.save's zip archive (torch/serialization.py, caffe2/serialize/inline_container.cc): data.pkl is
/// followed as far as tensors' names, types and shapes need; where it does something else, the bytes of
/// the storages are told without names. A file of the time before 1.6 tells only its size.
Result<ModelFile> read_pytorch(HeaderReader& in);

/// A .nemo: a tar archive with model_config.yaml and a PyTorch file.
Result<ModelFile> read_nemo(HeaderReader& in);

}  // namespace spillway::fit
