#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "calibrate/meter.h"
#include "fit/shape.h"
#include "fit/use.h"
#include "session.h"

namespace spillway {

/// What a plan expects of the command that runs its one model.
struct Expected {
  fit::Shape shape;
  fit::Use use;
  std::string device;  // fit::kRamDevice, or the GPU's pool
  Bytes peak;
};

/// Measures ordinary use while it lasts. One that took more than was expected teaches later plans; one
/// that took less teaches nothing, for nobody knows how much of the model it used.
class LessonOfUse {
 public:
  /// `command` has not begun yet.
  LessonOfUse(Expected expected, pid_t command, const Global& global);

  /// When the command has ended: remembers in `file` what was learned and returns it in words; empty
  /// where there was nothing to learn. Errors: those of the file.
  Result<std::string> finish(const std::string& file);

 private:
  Expected expected_;
  std::unique_ptr<Meter> meter_;  // none: its device cannot be measured
};

}  // namespace spillway
