#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "decide/decide.h"

namespace spillway::testing {

inline const PoolId kGpu0{"vram:0"};
inline const PoolId kGpu1{"vram:1"};

/// One moment, made by hand: pools at the level a test wants, tenants and offers.
class Scene {
 public:
  /// A pool of 100 GiB: what must come back, and how much it could take.
  PoolAssessment& pool(const PoolId& id, Level level, Bytes excess = {}, Bytes room = {}) {
    PoolAssessment found{.pool = id,
                         .level = level,
                         .since = now,
                         .used = 50_GiB,
                         .total = 100_GiB,
                         .free = 50_GiB,
                         .share = 0.5,
                         .excess = excess,
                         .room = room,
                         .relaxed = level == Level::normal};
    assessment.level = std::max(assessment.level, level);
    const auto place =
        std::lower_bound(assessment.pools.begin(), assessment.pools.end(), id,
                         [](const PoolAssessment& a, const PoolId& key) { return a.pool < key; });
    return *assessment.pools.insert(place, std::move(found));
  }
  PoolAssessment& pool_at(const PoolId& id) {
    return *std::find_if(assessment.pools.begin(), assessment.pools.end(),
                         [&](const PoolAssessment& a) { return a.pool == id; });
  }
  Tenant& tenant(const std::string& id, int priority = 0, Duration idle = 1h) {
    Tenant made{.id = {id}, .priority = priority, .last_used = now - idle, .registered = now - 2h};
    const auto place =
        std::lower_bound(tenants.begin(), tenants.end(), made.id,
                         [](const Tenant& t, const TenantId& key) { return t.id < key; });
    return *tenants.insert(place, std::move(made));
  }
  Tenant& tenant_at(const std::string& id) {
    return *std::find_if(tenants.begin(), tenants.end(),
                         [&](const Tenant& t) { return t.id.text == id; });
  }
  Offer& offer(const std::string& tenant, Rung rung, std::vector<PoolChange> changes) {
    return offers.emplace_back(Offer{.tenant = {tenant},
                                     .action = std::string(name(rung)),
                                     .rung = rung,
                                     .changes = std::move(changes)});
  }

  const Plan& decide() {
    Decision decision =
        spillway::decide({assessment, tenants, offers, demands, policy}, std::move(state), now);
    state = std::move(decision.state);
    plan = std::move(decision.plan);
    return plan;
  }
  /// The measures of the plan, without notices: "trim a".
  std::vector<std::string> measures() {
    decide();
    std::vector<std::string> texts;
    for (const Step& step : plan.steps) {
      if (step.rung == Rung::notify) continue;
      const std::string way = step.direction == Direction::restore ? "restore " : "";
      const std::string who = step.tenant.text.empty() ? "" : " " + step.tenant.text;
      texts.push_back(way + std::string(name(step.rung)) + who);
    }
    return texts;
  }
  Step last() const { return plan.steps.back(); }
  /// The reason why something of this tenant was passed over, or an empty text.
  std::string declined(const std::string& tenant) const {
    for (const Declined& entry : plan.declined) {
      if (entry.tenant.text == tenant) return entry.why;
    }
    return {};
  }
  void settle(const Step& step, const Outcome& outcome) {
    state = spillway::settle(std::move(state), step, outcome, policy, now);
  }
  /// It claims what it had estimated, and `share` of that was seen.
  void succeed(const Step& step, double share = 1) {
    Outcome outcome{.step = step.id, .claimed = step.estimate, .measured = step.estimate};
    for (PoolChange& change : outcome.measured) change.delta = scaled(change.delta, share);
    settle(step, outcome);
  }

  TimePoint now = TimePoint(10h);
  Policy policy;
  Assessment assessment;
  std::vector<Tenant> tenants;
  std::vector<Offer> offers;
  std::vector<Demand> demands;
  LadderState state;
  Plan plan;
};

}  // namespace spillway::testing
