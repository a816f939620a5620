#pragma once

#include "fit/choose/situation.h"

namespace spillway::fit {

/// The stack as it was asked for: each component on its GPU, else where `end` has it, else, the
/// biggest first, where most is left.
Situation on_their_gpus(const Stack& stack, const Machine& machine, const Limits& limits,
                        const Situation& end);

/// Every component as small as it gets, whatever the changes cost, in VRAM or in all; placed in the
/// same way.
enum class Smallest : std::uint8_t { in_vram, in_all };
Situation at_smallest(Smallest by, const Stack& stack, const Machine& machine,
                      const Limits& limits);

}  // namespace spillway::fit
