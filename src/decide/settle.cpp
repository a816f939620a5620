#include <algorithm>
#include <set>

#include "decide/arrivals.h"
#include "decide/decide.h"

namespace spillway {
namespace {

/// An actor that found its target changed is not asked again at once.
constexpr Duration kSkipPause = 1s;

std::optional<Bytes> change_in(const std::vector<PoolChange>& changes, const PoolId& pool) {
  std::optional<Bytes> sum;
  for (const PoolChange& change : changes) {
    if (change.pool == pool) sum = sum.value_or(Bytes{}) + change.delta;
  }
  return sum;
}

/// Those that the step was expected to change, or says that it did. A freeze frees nothing where it
/// stops growth, and is waited for there all the same.
std::set<PoolId> concerned(const Step& step, const Outcome& outcome) {
  std::set<PoolId> pools;
  for (const PoolChange& change : step.estimate) pools.insert(change.pool);
  for (const PoolChange& change : outcome.claimed) pools.insert(change.pool);
  if (step.rung == Rung::freeze && step.direction == Direction::give) pools.insert(step.pool);
  return pools;
}

bool is_move(Rung rung) {
  return rung >= Rung::unload_idle && rung <= Rung::freeze && rung != Rung::reclaim;
}

class Settlement {
 public:
  Settlement(LadderState& state, const Step& step, const Outcome& outcome, const Policy& policy,
             TimePoint now)
      : state_(state), step_(step), outcome_(outcome), policy_(policy), now_(now) {}

  void run() {
    DemandMemory* demand = find_demand();
    switch (outcome_.status) {
      case StepStatus::timed_out:
        tenant().quarantined_until = now_ + policy_.ladder.quarantine;
        put_aside(policy_.ladder.quarantine, "did not answer in time");
        break;
      case StepStatus::failed: put_aside(policy_.ladder.quarantine, "failed" + trouble()); break;
      case StepStatus::skipped: put_aside(kSkipPause, "was not done" + trouble()); break;
      case StepStatus::done:
      case StepStatus::dry_run:
        if (step_.direction == Direction::give) {
          given(demand);
        } else {
          restored();
        }
        for (const PoolId& pool : concerned(step_, outcome_)) take_account(pool);
        break;
    }
    const bool failed =
        outcome_.status != StepStatus::done && outcome_.status != StepStatus::dry_run;
    if (demand && failed) {
      demand->trouble = step_.tenant.text + " " + std::string(name(outcome_.status)) + trouble();
      if (step_.direction == Direction::restore) demand->failed.insert(step_.tenant);
    }
    if (step_.direction == Direction::restore && step_.rung != Rung::freeze)
      state_.last_restore = now_;
  }

 private:
  TenantMemory& tenant() { return state_.tenants[step_.tenant]; }
  ActionMemory& action() { return tenant().actions[step_.action]; }

  DemandMemory* find_demand() {
    if (!step_.demand) return nullptr;
    const auto found = state_.demands.find(*step_.demand);
    return found == state_.demands.end() ? nullptr : &found->second;
  }

  std::string trouble() const { return outcome_.error.empty() ? "" : " (" + outcome_.error + ")"; }

  void put_aside(Duration time, std::string why) {
    if (step_.direction == Direction::restore) {
      tenant().left_alone_until = now_ + time;
      return;
    }
    action().not_before = now_ + time;
    action().why = std::move(why);
  }

  void restored() {
    TenantMemory& memory = tenant();
    if (outcome_.status == StepStatus::dry_run) {
      memory.left_alone_until = now_ + policy_.ladder.arrival_wait;
      return;
    }
    memory.restored = now_;
    memory.kept_away = false;
  }

  void given(DemandMemory* demand) {
    if (!is_move(step_.rung)) return;
    const RestorePolicy& restore = policy_.restore;
    if (demand) {
      demand->done = true;
      if (demand->of_tenant) tenant().kept_away = true;
      tenant().left_alone_until = now_ + restore.min_residency;
      return;
    }
    TenantMemory& memory = tenant();
    if (!memory.restored || now_ - *memory.restored > restore.thrash_window) return;
    memory.restored = std::nullopt;
    std::erase_if(memory.retaken, [&](TimePoint at) { return now_ - at > restore.thrash_window; });
    memory.retaken.push_back(now_);
    if (static_cast<int>(memory.retaken.size()) < restore.thrash_limit) return;
    memory.retaken.clear();
    memory.thrashing_until = now_ + restore.thrash_pause;
  }

  /// What the step did to one pool, in positive bytes: freed, or charged (where it moved to).
  struct Account {
    bool charges = false;
    Bytes promised;  // by the one who did it
    Bytes expected;  // of what the offer said, as much as was wanted
    std::optional<Bytes> seen;
  };

  Account account(const PoolId& pool) const {
    const Bytes estimate = change_in(step_.estimate, pool).value_or(Bytes{});
    const auto measured = change_in(outcome_.measured, pool);
    auto claim = change_in(outcome_.claimed, pool);
    if (outcome_.status == StepStatus::dry_run) claim = estimate;
    Account found{.charges = claim.value_or(estimate) > Bytes{}};
    const auto positive = [&](Bytes change) {
      return std::max(Bytes{}, found.charges ? change : -change);
    };
    // Who frees and does not say how much promises nothing; a charge is counted in any case.
    found.promised = positive(claim.value_or(found.charges ? estimate : Bytes{}));
    if (is_freeze_of(pool)) found.promised = step_.target;
    found.expected = positive(estimate);
    if (step_.target > Bytes{}) found.expected = std::min(found.expected, step_.target);
    if (measured) found.seen = positive(*measured);
    return found;
  }

  /// A freeze frees nothing and teaches nothing; it is given time to show that growth has stopped.
  bool is_freeze_of(const PoolId& pool) const {
    return step_.rung == Rung::freeze && step_.direction == Direction::give && pool == step_.pool;
  }

  /// What was promised and is not seen yet is waited for; otherwise the lesson is learned at once.
  void take_account(const PoolId& pool) {
    const Account found = account(pool);
    const bool is_rehearsal = outcome_.status == StepStatus::dry_run;
    const Bytes seen = found.seen.value_or(Bytes{});
    shift(pool, found.charges, std::min(seen, found.promised));
    if (!found.charges) count_for_demand(pool, is_rehearsal ? found.promised : seen);

    const bool teaches = step_.direction == Direction::give && !found.charges && found.seen &&
                         pool == step_.pool && !is_freeze_of(pool) && !is_rehearsal;
    const Bytes basis = std::max(found.promised, found.expected);
    if (found.promised > seen) {
      state_.arrivals.push_back({.step = step_.id,
                                 .pool = pool,
                                 .tenant = step_.tenant,
                                 .action = step_.action,
                                 .level = step_.level,
                                 .charges = found.charges,
                                 .teaches = teaches,
                                 .trust = is_freeze_of(pool) ? 1.0 : trust_before(),
                                 .promised = basis,
                                 .seen = seen,
                                 .outstanding = found.promised - seen,
                                 .until = now_ + policy_.ladder.arrival_wait,
                                 .demand = step_.demand});
    } else if (teaches && basis > Bytes{}) {
      learn(action(), ratio(seen, basis), policy_.ladder, now_);
    }
  }

  double trust_before() const {
    const auto tenant = state_.tenants.find(step_.tenant);
    if (tenant == state_.tenants.end()) return 1;
    const auto action = tenant->second.actions.find(step_.action);
    return action == tenant->second.actions.end() ? 1 : action->second.yield.value_or(1);
  }

  /// What this step moved is not an arrival of what earlier ones promised.
  void shift(const PoolId& pool, bool charges, Bytes amount) {
    const auto memory = state_.pools.find(pool);
    if (memory == state_.pools.end() || !memory->second.lowest) return;
    PoolMemory& found = memory->second;
    if (charges) {
      found.highest = *found.highest + amount;
    } else {
      found.lowest = *found.lowest - amount;
    }
  }

  void count_for_demand(const PoolId& pool, Bytes amount) {
    DemandMemory* demand = find_demand();
    if (demand && demand->pool == pool) demand->freed += amount;
  }

  LadderState& state_;
  const Step& step_;
  const Outcome& outcome_;
  const Policy& policy_;
  const TimePoint now_;
};

}  // namespace

LadderState settle(LadderState state, const Step& step, const Outcome& outcome,
                   const Policy& policy, TimePoint now) {
  const auto flight = std::find_if(state.flights.begin(), state.flights.end(),
                                   [&](const Flight& f) { return f.step == step.id; });
  if (flight == state.flights.end()) return state;  // notices, and what was settled before
  state.flights.erase(flight);
  Settlement(state, step, outcome, policy, now).run();
  return state;
}

}  // namespace spillway
