#include "decide/arrivals.h"

#include <algorithm>

#include "base/text.h"

namespace spillway {
namespace {

constexpr double kMostYield = 1.5;
constexpr double kNextToNothing = 0.1;
constexpr double kNotWaitedFor = 0.02;  // the pages that never come

/// Hands `amount` out to the oldest promises of this kind in this pool.
void hand_out(LadderState& state, const PoolId& pool, Bytes amount, bool charges) {
  for (Arrival& arrival : state.arrivals) {
    if (arrival.pool != pool || arrival.charges != charges) continue;
    const Bytes part = std::min(amount, arrival.outstanding);
    arrival.outstanding -= part;
    arrival.seen += part;
    amount -= part;
    if (!arrival.demand || charges) continue;
    const auto demand = state.demands.find(*arrival.demand);
    if (demand != state.demands.end() && demand->second.pool == pool) demand->second.freed += part;
  }
}

}  // namespace

void learn(ActionMemory& memory, double share, const LadderPolicy& policy, TimePoint now) {
  const double found = std::clamp(share, 0.0, kMostYield);
  memory.yield = memory.yield ? (*memory.yield + found) / 2 : found;
  if (found >= kNextToNothing) return;
  memory.not_before = now + policy.quarantine;
  memory.why = "gave only " + percent(found) + " of what it promised";
}

Bytes credit(const LadderState& state, const PoolId& pool, Level level) {
  Bytes sum;
  for (const Arrival& arrival : state.arrivals) {
    if (arrival.pool != pool || arrival.charges || arrival.level < level) continue;
    sum += scaled(arrival.outstanding, std::min(arrival.trust, 1.0));
  }
  return sum;
}

void absorb(LadderState& state, const Assessment& assessment, const Policy& policy, TimePoint now) {
  for (auto& [key, memory] : state.pools) {
    const PoolId& pool = key;
    const bool awaits = std::any_of(state.arrivals.begin(), state.arrivals.end(),
                                    [&](const Arrival& a) { return a.pool == pool; });
    const PoolAssessment* found = assessment.find(pool);
    if (!awaits) memory.lowest = memory.highest = std::nullopt;
    if (!awaits || !found || !found->used || found->unknown_since) continue;
    const Bytes used = *found->used;
    if (!memory.lowest || !memory.highest) memory.lowest = memory.highest = used;
    if (used < *memory.lowest) hand_out(state, pool, *memory.lowest - used, false);
    if (used > *memory.highest) hand_out(state, pool, used - *memory.highest, true);
    memory.lowest = std::min(*memory.lowest, used);
    memory.highest = std::max(*memory.highest, used);
  }
  std::erase_if(state.arrivals, [&](const Arrival& arrival) {
    const auto pool = state.pools.find(arrival.pool);
    if (pool == state.pools.end()) return true;
    const PoolAssessment* found = assessment.find(arrival.pool);
    const bool is_over = found != nullptr && found->level == Level::normal &&
                         arrival.level > Level::normal && !arrival.charges && !arrival.demand;
    if (is_over) return true;  // the shortage that it was promised for
    const bool is_kept = arrival.outstanding <= scaled(arrival.promised, kNotWaitedFor);
    if (!is_kept && now < arrival.until) return false;
    const bool was_seen = pool->second.lowest.has_value();
    if (arrival.teaches && was_seen) {
      learn(state.tenants[arrival.tenant].actions[arrival.action],
            ratio(arrival.seen, arrival.promised), policy.ladder, now);
    }
    return true;
  });
}

}  // namespace spillway
