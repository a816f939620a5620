#include "replay/retrial.h"

#include <algorithm>

#include "assess/assess.h"
#include "decide/decide.h"

namespace spillway {
namespace {

using Words = std::vector<std::string>;

/// One line per judgement and per step, in an order that is the same for both sides.
Words words(const Assessment& assessment, const Plan& plan) {
  Words lines;
  for (const PoolAssessment& pool : assessment.pools) {
    lines.push_back(pool.pool.text + " at " + std::string(name(pool.level)));
  }
  for (const Step& step : plan.steps) {
    std::string line(step.direction == Direction::restore ? "restore " : "");
    line += name(step.rung);
    if (!step.tenant.text.empty()) line += " " + step.tenant.text;
    if (!step.detail.empty()) line += " to " + step.detail;
    line += " for " + step.pool.text;
    if (!step.action.empty() && step.action != name(step.rung)) line += " by " + step.action;
    lines.push_back(std::move(line));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

Words only_in(const Words& these, const Words& those) {
  Words rest;
  std::set_difference(these.begin(), these.end(), those.begin(), those.end(),
                      std::back_inserter(rest));
  return rest;
}

/// The steps that really began, instead of those that would have.
void follow(LadderState& state, const std::vector<Flight>& before, const Plan& recorded) {
  state.flights = before;
  for (const Step& step : recorded.steps) {
    state.next_step = std::max(state.next_step, step.id + 1);
    if (step.rung == Rung::notify || step.rung == Rung::refuse) continue;
    state.flights.push_back({step.id, step.direction, step.rung, step.tenant, step.pool, step.level,
                             step.estimate, step.demand});
  }
}

bool is_anyone_busy(const std::vector<Tenant>& tenants) {
  return std::any_of(tenants.begin(), tenants.end(), [](const Tenant& t) { return t.busy; });
}

}  // namespace

std::optional<Difference> Retrial::take(const RecordedLook& look) {
  const Frame& frame = look.frame;
  const TimePoint now = frame.snapshot.at;
  if (look.first) {
    history_ = {};
    ladder_ = {};
  } else {
    missing_ += frame.number - last_number_ - 1;
  }
  last_number_ = frame.number;
  ++looks_;

  const std::vector<Tenant>& tenants = *frame.tenants;
  history_.add(frame.snapshot, is_anyone_busy(tenants));
  const Assessment assessment = assess(history_, look.policy, now);
  history_.remember(assessment);
  for (const auto& [step, outcome] : look.ended) {
    ladder_ = settle(std::move(ladder_), step, outcome, look.policy, now);
  }
  const std::vector<Flight> in_flight = ladder_.flights;
  Decision decision = decide({assessment, tenants, frame.offers, frame.demands, look.policy},
                             std::move(ladder_), now);
  ladder_ = std::move(decision.state);
  follow(ladder_, in_flight, frame.plan);

  const Words recorded = words(frame.assessment, frame.plan);
  const Words today = words(assessment, decision.plan);
  if (recorded == today) return std::nullopt;
  return Difference{frame.number, frame.snapshot.wall, only_in(recorded, today),
                    only_in(today, recorded)};
}

}  // namespace spillway
