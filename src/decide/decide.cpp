#include "decide/decide.h"

#include <algorithm>

#include "decide/arrivals.h"
#include "decide/demands.h"
#include "decide/ladder.h"
#include "decide/restore.h"
#include "decide/round.h"

namespace spillway {
namespace {

bool is_registered(const Situation& in, const TenantId& id) {
  const auto found =
      std::lower_bound(in.tenants.begin(), in.tenants.end(), id,
                       [](const Tenant& tenant, const TenantId& key) { return tenant.id < key; });
  return found != in.tenants.end() && found->id == id;
}

/// State of what does not exist any more goes. A pool that vanished at shutdown refuses nothing.
void forget(const Situation& in, LadderState& state, std::vector<PoolId>& refusals_over) {
  std::erase_if(state.pools, [&](const auto& entry) {
    if (in.assessment.find(entry.first)) return false;
    if (entry.second.refusing) refusals_over.push_back(entry.first);
    return true;
  });
  std::erase_if(state.tenants, [&](const auto& entry) { return !is_registered(in, entry.first); });
  // Nobody answers for a tenant that left in the middle of a step; the ladder must not wait for it.
  std::erase_if(state.flights,
                [&](const Flight& flight) { return !is_registered(in, flight.tenant); });
  for (auto& [pool, memory] : state.pools) {
    if (memory.trims.size() <= in.tenants.size()) continue;  // those that left are only dead weight
    std::erase_if(memory.trims, [&](const auto& entry) { return !is_registered(in, entry.first); });
  }
  std::erase_if(state.demands, [&](const auto& entry) {
    return std::none_of(in.demands.begin(), in.demands.end(),
                        [&](const Demand& demand) { return demand.id == entry.first; });
  });
}

void note_calm(Round& round) {
  for (PoolView& pool : round.pools) {
    auto& since = pool.memory->relaxed_since;
    if (!pool.found->relaxed) {
      since = std::nullopt;
    } else if (!since) {
      since = round.now;
    }
  }
}

}  // namespace

bool wants_offers(const Assessment& assessment, const std::vector<Tenant>& tenants,
                  const std::vector<Demand>& demands, const LadderState& state) {
  if (tenants.empty()) return false;
  const auto is_short = [&](const PoolAssessment& pool) {
    if (pool.level == Level::shutdown) return true;
    if (pool.level == Level::normal || pool.excess <= Bytes{}) return false;
    return std::none_of(state.flights.begin(), state.flights.end(), [&](const Flight& flight) {
      return flight.pool == pool.pool && flight.direction == Direction::give &&
             flight.rung != Rung::preserve && flight.level >= pool.level;
    });
  };
  const auto takes = [](const Demand& demand) { return demand.direction == Direction::give; };
  return std::any_of(assessment.pools.begin(), assessment.pools.end(), is_short) ||
         std::any_of(demands.begin(), demands.end(), takes);
}

Decision decide(const Situation& situation, LadderState state, TimePoint now) {
  std::vector<PoolId> refusals_over;
  forget(situation, state, refusals_over);
  absorb(state, situation.assessment, situation.policy, now);

  Round round(situation, state, now);
  note_calm(round);
  preserve(round);
  announce(round);
  for (const PoolId& pool : refusals_over) {
    round.start({.direction = Direction::restore,
                 .rung = Rung::refuse,
                 .action = "refuse",
                 .pool = pool,
                 .reason = pool.text + " is gone: new work is welcome"});
  }
  relieve(round);
  serve(round);
  give_back(round);
  return {std::move(round.plan), std::move(state)};
}

}  // namespace spillway
