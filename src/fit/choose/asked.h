#pragma once

#include "fit/choose/situation.h"

namespace spillway::fit {

/// The stack as it was asked for: each component on its GPU, else where `end` has it, else, the
/// biggest first, where most is left.
Situation on_their_gpus(const Stack& stack, const Machine& machine, const Limits& limits,
                        const Situation& end);

/// Every component as small as it gets in VRAM or in all, whatever the changes cost, and wherever that
/// overfills the memories least, the biggest first. Not the very least: a figure for people to whom
/// nothing can be proposed.
Situation at_smallest(const Stack& stack, const Machine& machine, const Limits& limits);

/// What is too much in a memory that the stack uses; 0 where it is safe.
Bytes excess(const Fill& fill, const Room& room, const Limits& limits);

}  // namespace spillway::fit
