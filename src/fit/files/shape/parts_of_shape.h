#pragma once

#include "fit/model_file.h"
#include "fit/shape.h"

namespace spillway::fit {

/// The steps from headers to a shape. Each fills what its source says and leaves the rest.

/// The figures of a GGUF file: architecture, layers, caches, encoder.
void read_gguf_figures(const ModelFile& file, Shape& shape);
/// Those of a config.json; false where it has none of a model's.
bool read_config_figures(const ModelFile& file, Shape& shape);
/// The weights of each part by the names and types of the tensors.
void weigh_tensors(const ModelFile& file, Shape& shape);

/// Layers that no machine holds, or heads that no arithmetic does: true where the figures could be
/// multiplied with each other.
bool plausible(const Shape& shape);

constexpr std::uint64_t kMostLayers = 4096;

}  // namespace spillway::fit
