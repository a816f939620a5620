#include "engine/engine.h"

#include <poll.h>

#include <algorithm>

#include "assess/assess.h"
#include "engine/cadence.h"
#include "engine/groups.h"
#include "engine/impl.h"

namespace spillway {

// The policy it begins with is adopted, and so recorded, like every later one: what is replayed without
// it is judged by other rules.
Engine::Impl::Impl(EngineParts given)
    : parts(std::move(given)), next_policy(parts.policy), started(parts.clock->now()) {
  for (auto& action : parts.actions) {
    capabilities.push_back(action->capability());
    actions.push_back(std::move(action));
  }
}

Engine::Impl::~Impl() {
  while (!demands.empty()) close(demands.begin()->first, false, "the guard is stopping");
  answer_closed();
}

TimePoint Engine::Impl::step(Engine& engine, TimePoint now) {
  const bool called = wake->clear();
  adopt_policy(now);
  if (called) run_posts(engine);
  if (called || !running.empty()) take_outcomes(now);
  for (const TenantId& id : roster.ended()) {
    drop(id, TenantChanged::What::lost, "its process has ended");
  }
  look(now);
  judge_outcomes(now);
  decide_on(now);
  answer_closed();
  return next(now);
}

void Engine::Impl::run_posts(Engine& engine) {
  std::vector<std::function<void(Engine&)>> due;
  {
    const std::lock_guard lock(posts_mutex);
    due.swap(posts);
  }
  for (const auto& work : due) work(engine);
}

void Engine::Impl::adopt_policy(TimePoint now) {
  if (!next_policy) return;
  parts.policy = std::move(*next_policy);
  next_policy.reset();
  record(PolicyChanged{now, parts.clock->wall(), parts.policy});
}

Snapshot Engine::Impl::sense(TimePoint now, bool with_owners) {
  std::vector<ProcessKey> tenants;
  if (with_owners) tenants = roster.processes();
  const Look look{now, with_owners, tenants, std::exchange(event_told, false)};
  std::vector<Reading> readings;
  std::vector<Fault> faults;
  for (const auto& sensor : parts.sensors) {
    auto read = sensor->read(look);
    if (read) {
      readings.insert(readings.end(), std::make_move_iterator(read->begin()),
                      std::make_move_iterator(read->end()));
    } else {
      faults.push_back({std::string(sensor->name()), std::move(read).error()});
    }
  }
  return make_snapshot(now, parts.clock->wall(), std::move(readings), std::move(faults));
}

void Engine::Impl::look(TimePoint now) {
  const bool with_owners = std::exchange(owners_wanted, false);
  const TimePoint before = frame().snapshot.at;
  frame().snapshot = sense(now, with_owners);
  ++frame().number;
  ++counters.looks;
  history.add(frame().snapshot, roster.worked_since(before));
  if (with_owners) owners = frame().snapshot.processes;
  roster.measure(frame().snapshot, with_owners);
  if (with_owners && std::exchange(report_owners, false)) note_owners();
  note_faults();
  note_kernel_events(now);
}

void Engine::Impl::decide_on(TimePoint now) {
  Frame& current = frame();
  const Assessment previous =
      std::exchange(current.assessment, assess(history, parts.policy, now, Evidence::of_trouble));
  history.remember(current.assessment);

  collect_offers();
  Decision decision =
      decide({current.assessment, roster.tenants(), current.offers, current.demands, parts.policy},
             std::move(ladder), now);
  ladder = std::move(decision.state);
  current.plan = std::move(decision.plan);

  // Acting comes before writing about it.
  const std::size_t first = running.size();
  static const Tenant nobody;
  for (const Step& planned : current.plan.steps) {
    const Tenant* tenant = roster.find(planned.tenant);
    if (!is_dry(planned)) start(planned, tenant ? *tenant : nobody, now);
  }
  record_levels(previous, now);
  record_frame();
  for (std::size_t i = first; i < running.size(); ++i) {
    record(StepStarted{now, parts.clock->wall(), running[i].step});
  }
  settle_demands();
}

void Engine::Impl::collect_offers() {
  Frame& current = frame();
  current.offers.clear();
  if (!wants_offers(current.assessment, roster.tenants(), current.demands, ladder)) return;
  roster.charge_groups(current.snapshot);
  const std::vector<TenantId> stuck = executor.stuck();
  for (const Tenant& tenant : roster.tenants()) {
    if (std::find(stuck.begin(), stuck.end(), tenant.id) != stuck.end()) continue;
    const std::size_t first = current.offers.size();
    for (const auto& each : actions) each->offers(current.snapshot, tenant, current.offers);
    const std::vector<PoolId> around = pools_around(tenant.group, current.snapshot);
    for (std::size_t i = first; i < current.offers.size(); ++i) {
      charge(current.offers[i].changes, around);
    }
  }
}

std::string Engine::Impl::group_of(const ProcessKey& process) {
  if (!cgroups) cgroups = CgroupFs::locate(parts.root);
  const auto group = *cgroups ? (*cgroups)->group_of(process.pid) : Result<std::string>{};
  return group.value_or(std::string());
}

void Engine::Impl::record_levels(const Assessment& previous, TimePoint now) {
  for (const PoolAssessment& pool : frame().assessment.pools) {
    const PoolAssessment* before = previous.find(pool.pool);
    const Level from = before ? before->level : Level::normal;
    if (pool.level == from) continue;
    record(LevelChanged{now, parts.clock->wall(), from, pool});
    if (pool.level > from) owners_wanted = report_owners = true;
    event_until = now + parts.policy.cadence.event_window;
  }
}

void Engine::Impl::record_frame() {
  if (!parts.sink) return;
  frame().tenants.reset();
  if (roster.take_changed()) frame().tenants = roster.tenants();
  parts.sink->take(latest);
}

TimePoint Engine::Impl::next(TimePoint now) const {
  Attention attention{event_until, recent_until};
  attention.waiting = !ladder.arrivals.empty() || !ladder.flights.empty() || !demands.empty();
  TimePoint at = next_look(frame().assessment, parts.policy, attention, now);
  if (const auto expiry = executor.next_expiry()) at = std::min(at, *expiry);
  for (const Running& each : running) {
    if (each.outcome) at = std::min(at, each.judged_from);
  }
  for (const auto& [id, open] : demands) {
    if (open.demand.deadline > now) at = std::min(at, open.demand.deadline);
  }
  return std::max(at, now);
}

// ---- The door.

Engine::Engine(EngineParts parts) : impl_(std::make_unique<Impl>(std::move(parts))) {}
Engine::~Engine() = default;

TimePoint Engine::step(TimePoint now) { return impl_->step(*this, now); }

int Engine::wake_fd() const { return impl_->wake->fd(); }

std::vector<WakeFd> Engine::wake_fds() const {
  std::vector<WakeFd> fds{{impl_->roster.wake_fd(), POLLIN}};
  for (const auto& sensor : impl_->parts.sensors) sensor->wake_fds(fds);
  return fds;
}

void Engine::noticed(TimePoint now) {
  impl_->event_told = true;
  impl_->event_until = now + impl_->parts.policy.cadence.event_window;
}

void Engine::post(std::function<void(Engine&)> work) {
  {
    const std::lock_guard lock(impl_->posts_mutex);
    impl_->posts.push_back(std::move(work));
  }
  impl_->wake->signal();
}

TenantId Engine::add(Tenant tenant) {
  if (tenant.registered == TimePoint{}) tenant.registered = impl_->parts.clock->now();
  if (tenant.process && tenant.group.empty()) tenant.group = impl_->group_of(*tenant.process);
  TenantId id = impl_->roster.add(std::move(tenant));
  impl_->tell(TenantChanged::What::registered, *impl_->roster.find(id), {});
  return id;
}

bool Engine::update(const TenantId& id, const std::function<void(Tenant&)>& change) {
  return impl_->update(id, change);
}

void Engine::remove(const TenantId& id, std::string reason) {
  impl_->drop(id, TenantChanged::What::unregistered, std::move(reason));
}

std::uint64_t Engine::demand(Demand demand, std::function<void(const DemandResult&)> done) {
  return impl_->open(std::move(demand), std::move(done));
}

void Engine::set_policy(Policy policy) {
  impl_->next_policy = std::move(policy);
  impl_->wake->signal();
}

const Policy& Engine::policy() const { return impl_->parts.policy; }
const std::vector<Tenant>& Engine::tenants() const { return impl_->roster.tenants(); }
const Assessment& Engine::assessment() const { return impl_->frame().assessment; }
const Plan& Engine::last_plan() const { return impl_->frame().plan; }

StatusReport Engine::status(bool owners) {
  if (owners) impl_->owners_wanted = true;
  return impl_->status();
}

}  // namespace spillway
