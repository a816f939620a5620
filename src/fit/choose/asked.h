#pragma once

#include "fit/choose/situation.h"

namespace spillway::fit {

/// The stack as it was asked for: each component on its GPU, else where `end` has it, else, the
/// biggest first, where most is left.
Situation on_their_gpus(const Stack& stack, const Machine& machine, const Limits& limits,
                        const Situation& end);

/// Every component as small as it gets, changes whatever they cost; placed in the same way.
Situation at_smallest(const Stack& stack, const Machine& machine, const Limits& limits);

}  // namespace spillway::fit
