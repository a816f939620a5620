#pragma once

#include <string>

#include "exit_code.h"

namespace spillway {

struct DemoOptions {
  std::string record;  // a journal of the guarded run; empty: none
  bool json = false;   // the result as a document on standard output, the story on standard error
  double scale = 1;    // of the usual sizes, where the machine has room for them; 0.1 to 1
};

/// `spillway demo`: the main job on real memory, without and with the guard. ExitCode::ok only if with
/// the guard nothing was killed, no answer was wrong or lost, and all was restored.
ExitCode demo(const DemoOptions& options);

}  // namespace spillway
