#include <algorithm>
#include <iterator>

#include "engine/aftermath.h"
#include "engine/groups.h"
#include "engine/impl.h"

namespace spillway {
namespace {

/// After something was taken or given back, more is likely to follow: looks stay frequent.
constexpr Duration kRecent = 10s;

/// Whether the rung is about memory, so that its effect can be seen by looking again.
bool is_measured(Rung rung) {
  return rung != Rung::notify && rung != Rung::preserve && rung != Rung::refuse;
}

}  // namespace

void Engine::Impl::start(Step step, const Tenant& tenant, TimePoint now) {
  if (const PoolAssessment* pool = frame().assessment.find(step.pool)) {
    step.used = pool->used;
    step.total = pool->total;
  }
  Running& started_step = running.emplace_back();
  started_step.step = std::move(step);
  started_step.started = now;
  for (const PoolReading& reading : frame().snapshot.pools) {
    if (reading.used) started_step.used_before.emplace_back(reading.pool, *reading.used);
  }
  if (parts.policy.dry_run) {
    return end(started_step, {.status = StepStatus::dry_run}, now);
  }
  if (auto outcome = launch(started_step.step, tenant, now)) {
    end(started_step, std::move(*outcome), now);
  }
}

/// Hands the step to the executor, or says at once how it ended.
std::optional<Outcome> Engine::Impl::launch(const Step& step, const Tenant& tenant, TimePoint now) {
  const auto stuck = executor.stuck();
  if (!step.tenant.text.empty() &&
      std::find(stuck.begin(), stuck.end(), step.tenant) != stuck.end()) {
    return Outcome{.status = StepStatus::skipped, .error = "an earlier call to it still hangs"};
  }
  const auto known = std::find_if(actions.begin(), actions.end(),
                                  [&](const auto& each) { return each->name() == step.action; });
  if (known == actions.end()) {
    if (step.rung == Rung::notify) return Outcome{.detail = "recorded"};
    return Outcome{.status = StepStatus::skipped,
                   .error = "there is no action called " + step.action};
  }
  const Duration time =
      step.deadline > Duration::zero() ? step.deadline : parts.policy.ladder.step_deadline;
  executor.start({step, tenant, *known, now + time});
  return std::nullopt;
}

void Engine::Impl::end(Running& ended, Outcome outcome, TimePoint now) {
  outcome.step = ended.step.id;
  if (const Tenant* tenant = roster.find(ended.step.tenant)) {
    charge(outcome.claimed, pools_around(tenant->group, frame().snapshot));
  }
  outcome.took = now - ended.started;
  const bool measure = outcome.status == StepStatus::done && is_measured(ended.step.rung);
  ended.outcome = std::move(outcome);
  ended.judged_from = measure ? now + parts.policy.ladder.settle : now;
}

void Engine::Impl::take_outcomes(TimePoint now) {
  executor.expire(now);
  for (Executor::Finished& finished : executor.take()) {
    const auto match = std::find_if(running.begin(), running.end(), [&](const Running& each) {
      return each.step.id == finished.step.id && !each.outcome;
    });
    if (match != running.end() && !finished.late) {
      end(*match, std::move(finished.outcome), now);
      continue;
    }
    // Given up and judged long ago; but what it did is done, and must be known to be undone.
    roster.update(finished.step.tenant, [&](Tenant& tenant) {
      apply_outcome(tenant, finished.step, finished.outcome, now);
    });
    note(std::string(name(finished.step.rung)) + " of " + finished.step.tenant.text +
         " came to an end after it had been given up: " +
         (finished.outcome.error.empty() ? std::string(name(finished.outcome.status))
                                         : finished.outcome.error));
  }
}

void Engine::Impl::judge_outcomes(TimePoint now) {
  std::vector<Running> due;
  const auto still = std::stable_partition(
      running.begin(), running.end(),
      [&](const Running& each) { return !each.outcome || each.judged_from > now; });
  std::move(still, running.end(), std::back_inserter(due));
  running.erase(still, running.end());
  for (Running& each : due) finish(each, now);
}

void Engine::Impl::finish(Running& ended, TimePoint now) {
  const Step& step = ended.step;
  Outcome& outcome = *ended.outcome;
  if (outcome.status == StepStatus::done && is_measured(step.rung)) {
    outcome.measured = measured(ended);
  }
  if (outcome.status == StepStatus::done) {
    roster.update(step.tenant, [&](Tenant& tenant) { apply_outcome(tenant, step, outcome, now); });
  }
  ladder = settle(std::move(ladder), step, outcome, parts.policy, now);
  count(step, outcome);
  book(step, outcome);
  record(StepEnded{now, parts.clock->wall(), step, outcome});
  if (is_measured(step.rung)) recent_until = now + kRecent;
  const Tenant* tenant = roster.find(step.tenant);
  if (tenant && outcome.status == StepStatus::timed_out) {
    tell(TenantChanged::What::quarantined, *tenant,
         std::string(name(step.rung)) + " did not end within its time");
  }
}

std::vector<PoolChange> Engine::Impl::measured(const Running& ended) const {
  std::vector<PoolChange> changes;
  for (const auto& [pool, before] : ended.used_before) {
    const auto concerns = [&, &id = pool](const std::vector<PoolChange>& list) {
      return std::any_of(list.begin(), list.end(),
                         [&](const PoolChange& change) { return change.pool == id; });
    };
    const PoolReading* now = frame().snapshot.find(pool);
    if (!now || !now->used) continue;
    if (pool == ended.step.pool || concerns(ended.step.estimate) ||
        concerns(ended.outcome->claimed)) {
      changes.push_back({pool, *now->used - before});
    }
  }
  return changes;
}

void Engine::Impl::count(const Step& step, const Outcome& outcome) {
  if (outcome.status == StepStatus::dry_run) return;
  ++counters.steps;
  if (outcome.status == StepStatus::failed || outcome.status == StepStatus::timed_out) {
    ++counters.steps_failed;
  }
  if (outcome.status != StepStatus::done) return;
  Bytes change;
  for (const PoolChange& each : outcome.measured) {
    if (each.pool == step.pool) change += each.delta;
  }
  if (step.direction == Direction::restore) {
    if (is_measured(step.rung)) ++counters.restores;
    counters.restored += std::max(change, Bytes{});
  } else {
    if (step.rung == Rung::stop) ++counters.kills;
    counters.given_back += std::max(-change, Bytes{});
  }
}

}  // namespace spillway
