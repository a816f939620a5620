#pragma once

#include <string>

#include "decide/ladder_state.h"
#include "model/assessment.h"
#include "model/policy.h"

namespace spillway {

/// Takes what arrived since the last look off the oldest promises, ends those that are kept or
/// overdue, and learns from both. Only a new low of what is in use counts as an arrival, so that
/// noise cannot add up to one.
void absorb(LadderState& state, const Assessment& assessment, const Policy& policy, TimePoint now);

/// What finished steps promised to free in this pool and has not shown, weighed by trust. A promise
/// made at a lower level than the present one does not count: it was not enough.
Bytes credit(const LadderState& state, const PoolId& pool, Level level);

/// A measure gave `share` of what it promised. One that gave next to nothing is put aside.
void learn(ActionMemory& memory, double share, const LadderPolicy& policy, TimePoint now);

}  // namespace spillway
