#pragma once

#include <cstdint>
#include <string>

#include "fit/footprint.h"

namespace spillway::fit {

/// What one measured run teaches about the next ones of the same model, however long their input.

/// What was measured, and by whom.
struct Measured {
  Where where = Where::vram;
  Bytes peak;
  /// NVML's figure for the process or its RSS; false: what the framework's allocator counted
  /// (torch.cuda.max_memory_allocated), which knows no context and no slack.
  bool whole_process = true;
};

/// The runs that a correction holds for: those that differ in nothing but the length of the input.
struct CorrectionKey {
  std::string model;  // architecture, parameters, bytes of the weights and their type
  std::string
      device;  // "ram", or the pool's name ("vram:GPU-..."): the context's size is the card's
  std::string runtime;  // "transformers", "llama.cpp b9460"
  std::string use;      // everything else that was said of the run, but for its length

  friend auto operator<=>(const CorrectionKey&, const CorrectionKey&) = default;
};

struct Correction {
  Where where = Where::vram;
  bool whole_process = true;
  Bytes constant;            // does not grow with the input: context, rounding of weights
  double slack_scale = 1;    // what the framework gives back before it fails
  double compute_scale = 1;  // what grows with the input
  double margin = kMargin;   // of the total, to either side

  /// With the constants and the growth right, what is left of an allocator's own figure is its
  /// blocks: 0.05 % at most in all pairs of measured runs (docs/planning.md), so that 3 % are never
  /// below the measured peak at a confidence of 95 %. A whole process also has slack, which differs
  /// from run to run: its range stays in the corrected footprint, beside the margin.
  static constexpr double kMargin = 0.03;
  static constexpr double kConfidence = 0.95;

  /// Beyond these shares of what the formulas say, something else was measured.
  static constexpr double kLeastScale = 0.1, kMostScale = 10;

  friend bool operator==(const Correction&, const Correction&) = default;
};

/// `predicted` is the footprint of the very run that was measured. The difference is laid to the
/// constants and the slack, each in proportion to its range, and to compute beyond that.
Correction learn(const Footprint& predicted, const Measured& measured);

/// The footprint of another run. Of the whole process, or of what the allocator counts (whichever
/// was measured), `likely` is the corrected figure, and low and high are the margin around it.
Footprint apply(const Correction& correction, const Footprint& footprint);

}  // namespace spillway::fit
