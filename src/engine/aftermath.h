#pragma once

#include <vector>

#include "model/plan.h"
#include "model/tenant.h"

namespace spillway {

/// What a finished step means for the tenant's record: what it holds, the variant in use, and what
/// has been taken from it and can be given back. Only what was done counts. Pure.
///
/// What was taken is what the program claims, as far as it can be (nobody gives more than it holds);
/// where it claims nothing, what was measured. A claim decides, since the pool's figures are moved by
/// other programs too, and memory may arrive later.
void apply_outcome(Tenant& tenant, const Step& step, const Outcome& outcome, TimePoint now);

/// `holds` after `changes`, never below zero; ascending by pool.
std::vector<PoolChange> applied(const std::vector<PoolChange>& holds,
                                const std::vector<PoolChange>& changes);

}  // namespace spillway
