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
/// step per pool is in flight at a time, and steps on one tenant never overlap.
Decision decide(const Situation& situation, LadderState state, TimePoint now);

/// What a finished (or failed, or hung) step teaches: yields, credit for memory that may still
/// arrive, quarantine, thrash counters. `outcome.measured` is filled in.
LadderState settle(LadderState state, const Step& step, const Outcome& outcome,
                   const Policy& policy, TimePoint now);

}  // namespace spillway
