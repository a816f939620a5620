#include "decide/restore.h"

#include <algorithm>

#include "base/text.h"

namespace spillway {
namespace {

/// A restore is nobody's emergency: it gets the time that reading its bytes from a slow disk takes.
constexpr double kSlowestDisk = 100e6;  // bytes per second

/// What giving it back does to the pools.
std::vector<PoolChange> inverse(const Taken& taken) {
  std::vector<PoolChange> changes;
  for (const PoolChange& change : taken.changes) {
    const auto same = std::find_if(changes.begin(), changes.end(),
                                   [&](const PoolChange& c) { return c.pool == change.pool; });
    if (same != changes.end()) {
      same->delta -= change.delta;
    } else {
      changes.push_back({change.pool, -change.delta});
    }
  }
  return changes;
}

bool comes_back(const Taken& taken) {
  switch (taken.rung) {
    case Rung::unload_idle:
    case Rung::shrink:
    case Rung::offload:
    case Rung::spill:
    case Rung::evict:
    case Rung::freeze: return true;
    default: return false;  // caches fill by themselves, reclaimed pages are faulted in
  }
}

/// Whether `is_so` holds for a pool in which the return would be felt: one that it charges, or if
/// that is unknown, one that the tenant holds memory in.
template <class Predicate>
bool any_pool(const Tenant& tenant, const Taken& taken, Predicate is_so) {
  bool charges = false;
  for (const PoolChange& change : taken.changes) {
    if (change.delta >= Bytes{}) continue;
    charges = true;
    if (is_so(change.pool)) return true;
  }
  return !charges && std::any_of(tenant.holds.begin(), tenant.holds.end(),
                                 [&](const PoolChange& hold) { return is_so(hold.pool); });
}

/// Words are made only where somebody will read them: there may be a thousand such tenants.
template <class Words>
bool because(std::string* why, Words make) {
  if (why) *why = make();
  return true;
}

/// The lowest level at which tenants may be frozen.
Level freezing_from(const LadderPolicy& ladder) {
  for (const Level level : kLevels) {
    if (ladder.highest[index(level)] >= Rung::freeze) return level;
  }
  return Level::shutdown;
}

void thaw(Round& round) {
  const Level from = freezing_from(round.in.policy.ladder);
  for (const TenantView& view : round.tenants) {
    if (!view.frozen || view.in_flight) continue;
    const Tenant& tenant = *view.tenant;
    const Taken& taken = *costliest(tenant);
    Level level =
        taken.changes.empty() && tenant.holds.empty() ? round.in.assessment.level : Level::normal;
    any_pool(tenant, taken, [&](const PoolId& pool) {
      const std::uint32_t index = round.pool_index(pool);
      if (index != kNowhere) level = std::max(level, round.pools[index].found->level);
      return false;
    });
    if (level < from) {
      round.start(restoring_step(
          round, tenant, taken,
          "the pressure it was frozen for is over (" + std::string(name(level)) + ")"));
      return;  // one a look, so that two that ran away together do not do so again
    }
    round.decline({}, tenant.id, Rung::freeze,
                  "stays frozen while its memory is at " + std::string(name(level)));
  }
}

/// Whether a pool takes nothing back now.
bool is_unready(const Round& round, const PoolId& id, std::string* why) {
  const std::uint32_t index = round.pool_index(id);
  if (index == kNowhere) return because(why, [&] { return "nothing is known of " + id.text; });
  const PoolView& pool = round.pools[index];
  const PoolAssessment& found = *pool.found;
  if (found.unknown_since) {
    return because(why,
                   [&] { return id.text + " is not read for " + to_string(*found.unknown_since); });
  }
  if (pool.wanted) return because(why, [&] { return "somebody asked for memory in " + id.text; });
  if (!found.relaxed) {
    return because(why, [&] {
      const std::string share = found.share ? percent(*found.share) : "a share unknown";
      return id.text + " is at " + share + " (" + std::string(name(found.level)) +
             "), giving back begins below " + percent(round.in.policy.of(id).restore_below);
    });
  }
  const Duration calm = round.now - pool.memory->relaxed_since.value_or(round.now);
  if (calm >= round.in.policy.restore.calm) return false;
  return because(why, [&] {
    return id.text + " is relaxed for only " + to_string(calm) + " of " +
           to_string(round.in.policy.restore.calm);
  });
}

/// Whether what is remembered of the tenant speaks against it.
bool is_set_apart(const Round& round, const TenantMemory& memory, std::string* why) {
  const RestorePolicy& policy = round.in.policy.restore;
  const TimePoint now = round.now;
  if (memory.kept_away) {
    return because(why, [] { return std::string("moved on request, and stays until asked back"); });
  }
  if (memory.quarantined_until > now) {
    return because(why, [&] {
      return "it did not answer in time; left alone for another " +
             to_string(*memory.quarantined_until - now);
    });
  }
  if (memory.thrashing_until > now) {
    return because(why, [&] {
      return "had to be taken back " + std::to_string(policy.thrash_limit) + " times within " +
             to_string(policy.thrash_window) + "; stays as it is for another " +
             to_string(*memory.thrashing_until - now);
    });
  }
  if (memory.left_alone_until > now) {
    return because(
        why, [&] { return "left alone for another " + to_string(*memory.left_alone_until - now); });
  }
  return false;
}

/// Whether something keeps this tenant from getting it back by itself now.
bool is_hindered(const Round& round, const TenantView& view, const Taken& taken, std::string* why) {
  const Tenant& tenant = *view.tenant;
  const RestorePolicy& policy = round.in.policy.restore;
  if (!policy.enabled)
    return because(why, [] { return std::string("giving back is switched off"); });
  if (!tenant.connected) {
    return because(why, [] { return std::string("its program is not connected"); });
  }
  if (view.memory && is_set_apart(round, *view.memory, why)) return true;
  const Duration away = round.now - taken.since;
  if (away < policy.min_away) {
    return because(why, [&] { return "taken only " + to_string(away) + " ago"; });
  }
  if (any_pool(tenant, taken, [&](const PoolId& pool) { return is_unready(round, pool, why); })) {
    return true;
  }
  const auto found = obstacle(round, taken);
  return found && because(why, [&] { return words(*found); });
}

struct Candidate {
  const TenantView* view = nullptr;
  const Taken* taken = nullptr;
};

bool comes_first(const Candidate& a, const Candidate& b) {
  if (a.taken->rung != b.taken->rung) return a.taken->rung > b.taken->rung;
  const Tenant& x = *a.view->tenant;
  const Tenant& y = *b.view->tenant;
  if (x.priority != y.priority) return x.priority > y.priority;
  return x.id < y.id;
}

}  // namespace

const Taken* costliest(const Tenant& tenant) {
  const Taken* best = nullptr;
  for (const Taken& taken : tenant.taken) {
    if (comes_back(taken) && (!best || taken.rung >= best->rung)) best = &taken;
  }
  return best;
}

bool is_restoring(const LadderState& state) {
  return std::any_of(state.flights.begin(), state.flights.end(), [](const Flight& flight) {
    return flight.direction == Direction::restore && flight.rung != Rung::freeze;
  });
}

std::optional<Obstacle> obstacle(const Round& round, const Taken& taken) {
  for (const PoolChange& change : inverse(taken)) {
    if (change.delta <= Bytes{}) continue;
    const std::uint32_t index = round.pool_index(change.pool);
    const std::optional<Bytes> room = index == kNowhere ? std::nullopt : round.pools[index].room();
    if (!room || change.delta > *room) return Obstacle{change.pool, change.delta, room};
  }
  return std::nullopt;
}

std::string words(const Obstacle& obstacle) {
  const std::string text = "needs " + to_string(obstacle.charge) + " in " + obstacle.pool.text;
  if (!obstacle.room) return text + ", whose room is unknown";
  return text + ", which has room for " + to_string(std::max(Bytes{}, *obstacle.room)) +
         " below its warning level";
}

Step restoring_step(const Round& round, const Tenant& tenant, const Taken& taken,
                    const std::string& reason) {
  Step step{.direction = Direction::restore,
            .rung = taken.rung,
            .action = taken.action,
            .tenant = tenant.id,
            .estimate = inverse(taken),
            .detail = taken.detail};
  for (const PoolChange& change : step.estimate) {
    if (change.delta <= step.target) continue;
    step.target = change.delta;
    step.pool = change.pool;
  }
  if (step.pool.text.empty() && !tenant.holds.empty()) step.pool = tenant.holds.front().pool;
  const std::uint32_t index = round.pool_index(step.pool);
  if (index != kNowhere) step.level = round.pools[index].found->level;
  const Duration reading = from_seconds(static_cast<double>(step.target.count) / kSlowestDisk);
  step.deadline =
      std::max(round.in.policy.ladder.step_deadline, std::min<Duration>(reading, 10min));
  step.reason = reason;
  return step;
}

void give_back(Round& round) {
  thaw(round);
  const RestorePolicy& policy = round.in.policy.restore;
  const bool paused =
      round.state.last_restore && round.now - *round.state.last_restore < policy.between;
  const bool restoring = is_restoring(round.state);
  std::optional<Candidate> best;
  for (const TenantView& view : round.tenants) {
    if (view.tenant->taken.empty() || view.in_flight || view.is_halted) continue;
    const Candidate candidate{&view, costliest(*view.tenant)};
    if (!candidate.taken) continue;
    const bool is_told = round.plan.declined.size() < kMostDeclined;
    std::string why;
    if (is_hindered(round, view, *candidate.taken, is_told ? &why : nullptr)) {
      round.decline({}, view.tenant->id, candidate.taken->rung, "not given back: " + why);
    } else if (!best || comes_first(candidate, *best)) {
      best = candidate;
    }
  }
  if (!best || restoring || paused) return;
  const Tenant& tenant = *best->view->tenant;
  const Taken& taken = *best->taken;
  Step step = restoring_step(round, tenant, taken, {});
  step.reason = "taken " + to_string(round.now - taken.since) + " ago; ";
  if (step.target > Bytes{}) step.reason += to_string(step.target) + " fit into ";
  step.reason += step.pool.text + " again";
  const std::uint32_t index = round.pool_index(step.pool);
  if (index != kNowhere && round.pools[index].found->share) {
    step.reason += ", which is at " + percent(*round.pools[index].found->share);
  }
  round.start(std::move(step));
}

}  // namespace spillway
