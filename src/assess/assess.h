#pragma once

#include "assess/history.h"
#include "model/assessment.h"
#include "model/policy.h"

namespace spillway {

/// What the latest snapshot means in the light of the history. Pure: same input, same answer.
Assessment assess(const History& history, const Policy& policy, TimePoint now);

}  // namespace spillway
