#pragma once

#include <string>
#include <vector>

#include "fit/plan/planner.h"
#include "session.h"

namespace spillway {

/// Runs `command`, which runs the one model of `request`, measures its peak where the plan has the
/// model, and remembers in `file` what that teaches. Errors: those of the plan, the command and the
/// file; a run that failed, or of which nothing fitting was seen, teaches nothing.
Answer<fit::Calibration> calibrate(const Global& global, const fit::PlanRequest& request,
                                   const fit::Surroundings& surroundings,
                                   const std::vector<std::string>& command,
                                   const std::string& file);

/// "calibrated: 1.2 GiB of RAM measured (...), 1.1 GiB (1 GiB to 1.3 GiB) predicted".
std::string calibration_line(const fit::Calibration& calibration);

}  // namespace spillway
