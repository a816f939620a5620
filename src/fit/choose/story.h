#pragma once

#include "fit/choose/answer.h"

namespace spillway::fit {

/// The changes that lead from one situation to another one by one, the cheapest kind first, each with
/// what it saves.
std::vector<Proposal> story(const Situation& from, const Situation& to, const Stack& stack,
                            const Machine& machine, const Limits& limits);

/// The single changes that make `asked` safe, each by itself, the cheapest kind first; one per kind
/// and component.
std::vector<Proposal> alternatives(const Situation& asked, const Stack& stack,
                                   const Machine& machine, const Limits& limits);

}  // namespace spillway::fit
