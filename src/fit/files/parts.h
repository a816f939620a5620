#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fit/files/header_reader.h"
#include "fit/model_file.h"

namespace spillway::fit {

/// What the readers of all formats share.

/// A model file with nothing in it yet but where it comes from and how long it is.
ModelFile begin_file(const HeaderReader& in, FileFormat format);

/// "'name'", cut off where it is long, and nothing in it that a terminal would obey.
std::string in_quotes(std::string_view name);

/// The product; nullopt where it is beyond 2^62.
std::optional<std::uint64_t> elements_of(const std::vector<std::uint64_t>& shape);
/// What that many numbers of that type take; nullopt beyond 2^62.
std::optional<Bytes> bytes_of(TensorType type, const std::vector<std::uint64_t>& shape);

/// Errc::invalid where two tensors have the same name.
Status check_names(const ModelFile& file);

/// Adds another file of the same model: its tensors, sizes, notes, and the keys that are new.
void add_file(ModelFile& whole, ModelFile part);

}  // namespace spillway::fit
