#pragma once

#include <string>

#include "exit_code.h"

namespace spillway {

struct DemoOptions {
  std::string record;  // a journal of the guarded run; empty: none
};

/// `spillway demo`: the main job on real memory, without and with the guard. ExitCode::ok only if with
/// the guard nothing was killed, no answer was wrong or lost, and all was restored.
ExitCode demo(const DemoOptions& options);

}  // namespace spillway
