#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fit/choose/answer.h"
#include "fit/footprint.h"
#include "fit/learned/corrections.h"

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
  std::optional<Lesson> lesson;    // of a measured run, by which its figures are corrected

  /// What is said of it: VRAM where it was asked to use any, else RAM.
  Where where() const { return need.on_gpu() ? Where::vram : Where::ram; }
};

/// A run that was measured before the plan was made.
struct Calibration {
  Where where = Where::vram;
  Range predicted;  // there, by the formulas
  Bytes measured;
  std::string how;  // in words
  int exit_code = 0;
};

/// Everything that `spillway plan` shows.
struct PlanReport {
  Machine machine;
  std::string machine_source;  // "daemon", "direct", "given"
  Limits limits;
  Answer answer;
  std::vector<PlannedModel> models;
  std::optional<Calibration> calibration;
};

}  // namespace spillway::fit
