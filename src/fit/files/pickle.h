#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fit/files/header_reader.h"
#include "fit/model_file.h"

namespace spillway::fit {

/// A tensor that a pickle of torch.save builds, and where its numbers are.
struct PickledTensor {
  Tensor tensor;
  std::string storage;       // the member "data/<storage>" of the archive
  std::uint64_t offset = 0;  // in the storage, in numbers
};

/// Follows the opcodes (Lib/pickletools.py of CPython) and runs nothing: what a global would do is known
/// for torch's tensors and ordered dictionaries alone, everything else is an opaque object. Fails the
/// reader where the program is none of those that torch writes; names are the path of keys.
std::vector<PickledTensor> follow_pickle(HeaderReader& in);

}  // namespace spillway::fit
