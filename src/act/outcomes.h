#pragma once

#include <string>

#include "base/result.h"
#include "model/plan.h"

namespace spillway {

/// The three ways an Action::run() ends. `took` and `measured` are filled in by the engine.
inline Outcome done(const Step& step, std::string detail = {}) {
  return {.step = step.id, .status = StepStatus::done, .detail = std::move(detail)};
}

/// Nothing was tried, and trying again now would end the same.
inline Outcome skipped(const Step& step, std::string why) {
  return {.step = step.id, .status = StepStatus::skipped, .error = std::move(why)};
}

inline Outcome failed(const Step& step, const Error& error) {
  return {.step = step.id,
          .status = error.code == Errc::timed_out ? StepStatus::timed_out : StepStatus::failed,
          .error = to_string(error)};
}

}  // namespace spillway
