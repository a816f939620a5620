#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "fit/files/header_reader.h"
#include "fit/model_file.h"

namespace spillway::fit {

/// The index of a sharded model, "model.safetensors.index.json" or "pytorch_model.bin.index.json":
/// {"metadata": {"total_size": N}, "weight_map": {"tensor": "file"}} (transformers).
struct ShardIndex {
  std::vector<std::string> files;  // each once, in the order of the text
  std::uint64_t tensors = 0;
  std::optional<std::int64_t> total_size;
};

/// Errors: invalid, also for a file that is not beside the index ("../x", "/x").
Result<ShardIndex> read_index(HeaderReader& in);

/// Whether `name` stays in its folder and below.
bool stays_inside(std::string_view name);

using ReadFile = std::function<Result<ModelFile>(HeaderReader&)>;
/// All files of the index at `path`, each read by `read`. Errors: not_found, naming the missing file.
Result<ModelFile> open_index(const std::string& path, const ReadFile& read);
/// Those files in the folder of `path`, as one model.
Result<ModelFile> open_files(const std::string& path, const std::vector<std::string>& files,
                             const ReadFile& read);

}  // namespace spillway::fit
