#include "tests/support/simulator.h"

#include <algorithm>

namespace spillway::testing {
namespace {

bool is_move(Rung rung) { return rung != Rung::trim && rung != Rung::stop; }

bool is_frozen(const Tenant& tenant) {
  return std::any_of(tenant.taken.begin(), tenant.taken.end(),
                     [](const Taken& taken) { return taken.rung == Rung::freeze; });
}

}  // namespace

Tenant& Simulator::add(const std::string& id, const Program& program) {
  Tenant tenant{.id = {id}, .stop_allowed = program.can_stop, .registered = now};
  tenant.holds = {{program.home, program.model + program.cache}};
  if (program.cache > Bytes{}) tenant.trimmable = program.cache;
  programs_[tenant.id] = program;
  pools_[program.home].held += program.model + program.cache;
  const auto place =
      std::lower_bound(tenants.begin(), tenants.end(), tenant.id,
                       [](const Tenant& t, const TenantId& key) { return t.id < key; });
  return *tenants.insert(place, std::move(tenant));
}

Tenant& Simulator::tenant(const std::string& id) {
  return *std::find_if(tenants.begin(), tenants.end(),
                       [&](const Tenant& t) { return t.id.text == id; });
}

Bytes Simulator::used(const PoolId& pool) const {
  return pools_.at(pool).held + load(pool, now - at(0s));
}

std::vector<Step> Simulator::steps(Direction direction) const {
  std::vector<Step> found;
  for (const Step& step : started) {
    const bool is_measure = step.rung != Rung::notify && step.rung != Rung::refuse;
    if (is_measure && step.direction == direction) found.push_back(step);
  }
  return found;
}

std::size_t Simulator::notices(const std::string& detail) const {
  return static_cast<std::size_t>(std::count_if(started.begin(), started.end(), [&](const Step& s) {
    return s.rung == Rung::notify && s.detail == detail;
  }));
}

bool Simulator::everything_restored() const {
  return std::all_of(tenants.begin(), tenants.end(),
                     [](const Tenant& t) { return t.taken.empty(); });
}

std::vector<Offer> Simulator::offers() const {
  std::vector<Offer> offers;
  for (const Tenant& tenant : tenants) {
    const Program& program = programs_.at(tenant.id);
    const Bytes held = tenant.held_in(program.home);
    const auto offer = [&](Rung rung, std::string action, std::vector<PoolChange> changes) {
      offers.push_back({.tenant = tenant.id,
                        .action = std::move(action),
                        .rung = rung,
                        .changes = std::move(changes),
                        .cost_give = program.takes});
    };
    if (tenant.trimmable > Bytes{}) offer(Rung::trim, "trim", {{program.home, -*tenant.trimmable}});
    if (program.can_freeze && !is_frozen(tenant)) offer(Rung::freeze, "freeze", {});
    if (program.can_stop && held > Bytes{}) offer(Rung::stop, "stop", {{program.home, -held}});
    if (program.can_preserve) offer(Rung::preserve, "preserve", {});
    if (held <= Bytes{} || is_frozen(tenant)) continue;
    if (program.can_unload) offer(Rung::unload_idle, "unload", {{program.home, -held}});
    if (program.small > Bytes{} && held > program.small) {
      offer(Rung::shrink, "shrink", {{program.home, program.small - held}});
    }
    if (!program.away.text.empty()) {
      offer(Rung::offload, "offload", {{program.home, -held}, {program.away, held}});
    }
  }
  return offers;
}

void Simulator::grow() {
  for (const Tenant& tenant : tenants) {
    const Program& program = programs_.at(tenant.id);
    if (is_frozen(tenant)) continue;
    pools_[program.home].held += scaled(Bytes{1}, program.growth * seconds(now - grown_));
  }
  grown_ = now;
  std::erase_if(coming_, [&](const Change& change) {
    if (change.at > now) return false;
    pools_[change.pool].held += change.delta;
    return true;
  });
}

void Simulator::sense() {
  std::vector<Reading> readings;
  std::vector<Fault> faults;
  for (const auto& [pool, _] : pools_) {
    if (std::find(unreadable.begin(), unreadable.end(), pool) != unreadable.end()) {
      faults.push_back({pool.text, {Errc::io, "lost", "", ""}});
      continue;
    }
    readings.emplace_back(PoolReading{.pool = pool,
                                      .used = used(pool),
                                      .total = pools_.at(pool).capacity,
                                      .source = pool.text,
                                      .taken = now});
  }
  history.add(make_snapshot(now, {}, std::move(readings), std::move(faults)));
  assessment = assess(history, policy, now);
  history.remember(assessment);
}

void Simulator::move(Tenant& who, const PoolId& pool, Bytes delta, double honesty, Duration late) {
  coming_.push_back({now + late, pool, delta < Bytes{} ? scaled(delta, honesty) : delta});
  for (PoolChange& hold : who.holds) {
    if (hold.pool != pool) continue;
    hold.delta += delta;
    return;
  }
  who.holds.push_back({pool, delta});
}

Outcome Simulator::give(const Step& step, Tenant& who) {
  const Program& program = programs_.at(who.id);
  for (const PoolChange& change : step.estimate) {
    move(who, change.pool, change.delta, program.honesty, program.late);
  }
  if (step.rung == Rung::trim) who.trimmable = Bytes{};
  if (is_move(step.rung) && step.rung != Rung::preserve) {
    who.taken.push_back({step.rung, step.action, step.detail, step.estimate, now});
  }
  return {.step = step.id, .claimed = step.estimate};
}

Outcome Simulator::take_back(const Step& step, Tenant& who) {
  const auto taken = std::find_if(who.taken.rbegin(), who.taken.rend(),
                                  [&](const Taken& t) { return t.action == step.action; });
  if (taken == who.taken.rend()) return {.step = step.id, .status = StepStatus::failed};
  for (const PoolChange& change : taken->changes) {
    move(who, change.pool, -change.delta, 1, {});
  }
  who.taken.erase(std::next(taken).base());
  return {.step = step.id, .claimed = step.estimate};
}

Outcome Simulator::finish(const Step& step) {
  Tenant& who = tenant(step.tenant.text);
  const Program& program = programs_.at(who.id);
  if (program.hangs) return {.step = step.id, .status = StepStatus::timed_out};
  if (program.fails) return {.step = step.id, .status = StepStatus::failed, .error = "it threw"};
  return step.direction == Direction::give ? give(step, who) : take_back(step, who);
}

void Simulator::look() {
  std::vector<std::pair<Running, Outcome>> done;
  std::erase_if(running_, [&](const Running& running) {
    if (running.until > now) return false;
    done.emplace_back(running, finish(running.step));
    return true;
  });
  grow();
  sense();
  for (auto& [running, outcome] : done) {
    for (const auto& [pool, before] : running.before) {
      const PoolAssessment* found = assessment.find(pool);
      if (!found || found->unknown_since) continue;
      outcome.measured.push_back({pool, used(pool) - before});
    }
    state = settle(std::move(state), running.step, outcome, policy, now);
  }
  const bool wanted = wants_offers(assessment, tenants, demands, state);
  const auto collected = wanted ? offers() : std::vector<Offer>{};
  Decision decision =
      decide({assessment, tenants, collected, demands, policy}, std::move(state), now);
  state = std::move(decision.state);
  plan = std::move(decision.plan);
  for (const Step& step : plan.steps) {
    const bool is_dry = std::any_of(demands.begin(), demands.end(), [&](const Demand& demand) {
      return demand.dry_run && step.demand == demand.id;
    });
    if (is_dry) continue;
    on_start(step);
    started.push_back(step);
    if (step.rung == Rung::notify || step.rung == Rung::refuse) continue;
    const Program& program = programs_.at(step.tenant);
    Running running{step, now + (program.hangs ? step.deadline : program.takes), {}};
    for (const PoolChange& change : step.estimate) running.before[change.pool] = used(change.pool);
    running_.push_back(std::move(running));
  }
  for (const std::uint64_t id : plan.settled) ended[id] = "";
  for (const auto& [id, why] : plan.refused) ended[id] = why;
  std::erase_if(demands, [&](const Demand& demand) { return ended.contains(demand.id); });
}

}  // namespace spillway::testing
