#pragma once

#include <string>
#include <vector>

#include "calibrate/meter.h"
#include "session.h"

namespace spillway {

/// How a run went.
struct MeasuredRun {
  int exit_code = 0;           // 128 + N where signal N killed it
  bool ended_as_asked = true;  // with 0, or because a person or a service manager told it to
  Peak peak;
  std::string how;  // how the peak was measured, in words
};

/// Runs a command to its end, its output on our standard error, and measures it and all that it starts:
/// in VRAM where device uses are handed in, else in RAM. Signals are passed on as `spillway run` does.
/// Errors: unavailable, where it cannot be executed.
Result<MeasuredRun> measure_run(const std::vector<std::string>& command, DeviceUses uses);

/// The largest RSS that a process of the ended commands ever had, as the kernel kept it
/// (getrusage(2), ru_maxrss): no look was needed.
Bytes largest_process();

}  // namespace spillway
