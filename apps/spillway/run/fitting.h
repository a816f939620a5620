#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "calibrate/lesson_of_use.h"
#include "fit/use.h"
#include "model/tenant.h"
#include "session.h"

namespace spillway {

/// What --fit and the options beside it say.
struct FitOptions {
  std::string model;  // empty: nothing is to be fitted
  std::optional<std::uint64_t> gpu;
  std::optional<Bytes> reserve;
  std::optional<double> threshold;
  fit::Use use;
};

/// A command that was made to fit.
struct Fitted {
  std::vector<std::string> command;
  std::vector<std::pair<std::string, std::string>> environment;  // to be added
  std::vector<PoolChange> holds;                                 // what it is going to take
  std::vector<std::string> words;                                // what was changed, for people
  std::optional<Expected> expected;  // where it is known that the command runs the model
};

/// Plans the model for the machine as it is now, and tells the command, where it is a runtime that can
/// be told, how to run it. Errors: ExitCode::refused where it does not fit, or not as the command says;
/// those of the model, the machine and the flags.
Answer<Fitted> fit_command(const Global& global, const Console& console, const FitOptions& options,
                           std::vector<std::string> command);

}  // namespace spillway
