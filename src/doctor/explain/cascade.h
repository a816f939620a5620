#pragma once

#include <vector>

#include "doctor/finding.h"

namespace spillway::doctor {

/// Tells of each finding which others came within five minutes after it, with the delay: VRAM is refused, models
/// move to RAM, swap fills, the kernel kills. Only where both tell the time.
void add_cascade(std::vector<Finding>& findings);

/// "12 s later: kernel-oom in ram, llama-server killed".
std::string headline(const Finding& finding);

}  // namespace spillway::doctor
