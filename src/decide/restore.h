#pragma once

#include <optional>
#include <string>

#include "decide/round.h"

namespace spillway {

/// What of a tenant is given back first: what cost the person most, and of equals the latest.
const Taken* costliest(const Tenant& tenant);

/// A pool that cannot take back what a restore would charge without coming near warning.
struct Obstacle {
  PoolId pool;
  Bytes charge;
  std::optional<Bytes> room;  // none: unknown
};
std::optional<Obstacle> obstacle(const Round& round, const Taken& taken);  // none: it fits
std::string words(const Obstacle& obstacle);

/// The step that gives it back, ready to start.
Step restoring_step(const Round& round, const Tenant& tenant, const Taken& taken,
                    const std::string& reason);

bool is_restoring(const LadderState& state);

/// The way back. A frozen tenant runs again as soon as no pool it touches permits freezing.
/// Everything else comes back one tenant at a time, the costliest rung first, then the higher
/// priority, then by name: only when the pools it charges were relaxed for a while, with room for
/// it below warning, and not if it had to be taken again too often.
void give_back(Round& round);

}  // namespace spillway
