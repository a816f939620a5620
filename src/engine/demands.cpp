#include <algorithm>

#include "engine/impl.h"

namespace spillway {

std::uint64_t Engine::Impl::open(Demand demand, std::function<void(const DemandResult&)> done) {
  demand.id = next_demand++;
  const std::uint64_t id = demand.id;
  frame().demands.push_back(demand);
  demands.emplace(id, Open{std::move(demand), std::move(done), {}});
  // What a tenant that declares nothing could give is known only when it is measured.
  owners_wanted = true;
  wake->signal();
  return id;
}

/// Only foretold, for a demand that asks what would be done.
bool Engine::Impl::is_dry(const Step& step) const {
  const auto asked = step.demand ? demands.find(*step.demand) : demands.end();
  return asked != demands.end() && asked->second.demand.dry_run;
}

void Engine::Impl::settle_demands() {
  const Plan& plan = frame().plan;
  for (const std::uint64_t id : plan.settled) close(id, true, {});
  for (const auto& [id, why] : plan.refused) close(id, false, why);
}

void Engine::Impl::book(const Step& step, const Outcome& outcome) {
  const auto asked = step.demand ? demands.find(*step.demand) : demands.end();
  if (asked == demands.end()) return;
  asked->second.result.steps.push_back(step);
  asked->second.result.outcomes.push_back(outcome);
}

void Engine::Impl::close(std::uint64_t id, bool met, std::string why) {
  auto found = demands.extract(id);
  if (found.empty()) return;
  std::erase_if(frame().demands, [&](const Demand& demand) { return demand.id == id; });
  Open& asked = found.mapped();
  DemandResult& result = asked.result;
  result.met = met;
  result.why = std::move(why);
  const Plan& plan = frame().plan;
  result.declined = plan.declined;
  if (asked.demand.dry_run) {
    result.plan.at = plan.at;
    result.plan.declined = plan.declined;
    std::copy_if(plan.steps.begin(), plan.steps.end(), std::back_inserter(result.plan.steps),
                 [&](const Step& step) { return step.demand == id; });
  }
  const auto memory = ladder.demands.find(id);
  if (memory != ladder.demands.end() && !parts.policy.dry_run) result.freed = memory->second.freed;
  closed.push_back(std::move(asked));
}

void Engine::Impl::answer_closed() {
  // Answers may ask again: those are for the next round.
  for (Open& asked : std::exchange(closed, {})) {
    if (asked.done) asked.done(asked.result);
  }
}

}  // namespace spillway
