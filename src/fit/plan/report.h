#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fit/choose/answer.h"
#include "fit/footprint.h"

namespace spillway::fit {

/// One component of a plan, in the order in which they were asked for.
struct PlannedModel {
  std::string name;
  std::string description;         // "qwen2, 3.1 B parameters, bf16"; empty: by figures
  Footprint asked;                 // as asked for; without parts: by figures
  Need need;                       // the same, as it was added up
  std::optional<std::size_t> gpu;  // where it ends up
  bool unloaded = false;           // while it is idle
  std::optional<std::uint64_t> max_safe_context;  // tokens
  std::optional<double> max_safe_audio_seconds;
  std::vector<std::string> notes;  // what the files did not say and was assumed

  /// What is said of it: VRAM where it was asked to use any, else RAM.
  Where where() const { return need.on_gpu() ? Where::vram : Where::ram; }
};

/// Everything that `spillway plan` shows.
struct PlanReport {
  Machine machine;
  std::string machine_source;  // "daemon", "direct", "given"
  Limits limits;
  Answer answer;
  std::vector<PlannedModel> models;
};

}  // namespace spillway::fit
