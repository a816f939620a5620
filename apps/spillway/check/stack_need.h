#pragma once

#include <string>
#include <vector>

#include "doctor/precheck/precheck.h"
#include "session.h"

namespace spillway {

/// What a stack file or models need beside everything that is loaded now, as `spillway plan` reckons it.
Answer<doctor::StackNeed> stack_need(const std::vector<std::string>& models,
                                     const StatusReport& report);

}  // namespace spillway
