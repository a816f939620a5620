#pragma once

#include <string>

#include "fit/files/header_reader.h"
#include "fit/model_file.h"

namespace spillway::fit {

/// A configuration's figures go into a model's header, flattened ("text_config.num_hidden_layers"):
/// lists of whole numbers and flags as lists, lists of words one by one ("layer_types.0"). What is long
/// (labels, templates) is left out; null is absent.

/// The rest of `in` as JSON (transformers' config.json). Fails the reader.
void read_config_json(HeaderReader& in, ModelFile& out);
/// The config.json in `folder`, where there is one; a broken one becomes a note.
void add_config_beside(const std::string& folder, ModelFile& out);
/// The file itself as a model of which only the configuration is known.
Result<ModelFile> open_config(const std::string& path);

/// The few kinds of lines that a model_config.yaml of NeMo is made of: `key: value`, nested by
/// indentation. Lists and everything else are passed over. Fails the reader for more than 64 MiB.
void read_config_yaml(HeaderReader& in, ModelFile& out);

}  // namespace spillway::fit
