#pragma once

#include <string>
#include <vector>

#include "fit/choose/stack_file.h"
#include "fit/choose/ways.h"
#include "fit/files/open_model.h"

namespace spillway::fit {

/// A model whose headers were read.
struct LoadedModel {
  ModelToPlan to_plan;
  std::string path;
  std::string description;         // "qwen2, 3.09 billion parameters, BF16"
  std::vector<std::string> notes;  // of the reader, and what was assumed
};

/// Reads a model's headers, or makes one of numbers. Errors: those of the readers.
Result<LoadedModel> load_model(const ModelAsked& asked, ComponentKind kind,
                               const Surroundings& surroundings);

/// The models named, and those beside `path` that have its architecture and fewer bytes, the largest
/// first: what may be run instead. What cannot be read is left out.
std::vector<Shape> smaller_models(const LoadedModel& model, const std::vector<std::string>& named,
                                  const Surroundings& surroundings);

}  // namespace spillway::fit
