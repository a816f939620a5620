#pragma once

#include <vector>

#include "decide/ladder_state.h"
#include "model/assessment.h"
#include "model/plan.h"
#include "model/policy.h"
#include "model/tenant.h"

namespace spillway {

/// All that a decision rests on.
struct Situation {
  const Assessment& assessment;
  const std::vector<Tenant>& tenants;  // ascending by id
  const std::vector<Offer>& offers;
  const std::vector<Demand>& demands;
  const Policy& policy;
};

struct Decision {
  Plan plan;
  LadderState state;
};

/// Whether offers are worth collecting now: something is short, is to be restored, or is demanded.
bool wants_offers(const Assessment& assessment, const std::vector<Tenant>& tenants,
                  const std::vector<Demand>& demands, const LadderState& state);

/// Which steps to start now. Pure and deterministic; ties are broken by name. At most one giving
/// step per pool is in flight at a time, unless the pool has risen to a higher level since it was
/// decided (a hung trim must not hold up an emergency); steps on one tenant never overlap. Steps of
/// a demand with dry_run set are predictions: they must not be run, and are not settled.
Decision decide(const Situation& situation, LadderState state, TimePoint now);

/// What a finished (or failed, or hung) step teaches: yields, credit for memory that may still
/// arrive, quarantine, thrash counters. `outcome.measured` is filled in from the look that the next
/// decide() is given; a pool that could not be read is absent from it. Every step of a plan but the
/// predicted ones is settled exactly once.
LadderState settle(LadderState state, const Step& step, const Outcome& outcome,
                   const Policy& policy, TimePoint now);

}  // namespace spillway
