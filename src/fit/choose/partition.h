#pragma once

#include <optional>

#include "fit/choose/solve.h"

namespace spillway::fit {

/// The cheapest way found over sets instead of items: what each set of items costs at least on each GPU,
/// then the cheapest way to deal the items out to the GPUs and the CPU. The work hardly depends on how
/// tight the GPUs are, where branch and bound drowns; but RAM is only looked at in the end.
///
/// Nothing where it cannot tell: more than twelve items, eight GPUs or four groups that share overhead,
/// or a cheapest way that RAM has no room for. A solution that is not found is an answer, too.
/// `at_most`: the cost of a way that is known.
std::optional<Solution> solve_by_sets(const Problem& problem, std::optional<Cost> at_most);

}  // namespace spillway::fit
