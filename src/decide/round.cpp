#include "decide/round.h"

#include <algorithm>

#include "decide/arrivals.h"

namespace spillway {
namespace {

bool takes_for_pool(Direction direction, Rung rung) {
  return direction == Direction::give && rung != Rung::preserve && rung != Rung::notify &&
         rung != Rung::refuse;
}

}  // namespace

std::optional<Bytes> PoolView::room() const {
  if (found->unknown_since || !found->share) return std::nullopt;
  return found->room - charged;
}

Round::Round(const Situation& situation, LadderState& decided_state, TimePoint moment)
    : in(situation), state(decided_state), now(moment) {
  plan.at = now;
  pools.reserve(in.assessment.pools.size());
  for (const PoolAssessment& found : in.assessment.pools) {
    PoolView& view = pools.emplace_back();
    view.found = &found;
    view.memory = &state.pools[found.pool];
    view.credit = credit(state, found.pool, found.level);
  }
  tenants.resize(in.tenants.size());
  for (std::size_t i = 0; i < in.tenants.size(); ++i) {
    tenants[i].tenant = &in.tenants[i];
    for (const Taken& taken : in.tenants[i].taken) tenants[i].frozen |= taken.rung == Rung::freeze;
  }
  find_halted();
  for (auto& [id, memory] : state.tenants) {
    const std::uint32_t index = tenant_index(id);
    if (index != kNowhere) tenants[index].memory = &memory;
  }
  for (const Flight& flight : state.flights) {
    count(flight.pool, flight.direction, flight.rung, flight.level, flight.tenant, flight.estimate);
  }
  for (const Arrival& arrival : state.arrivals) {
    const std::uint32_t who = tenant_index(arrival.tenant);
    if (who != kNowhere) tenants[who].awaited = true;
    const std::uint32_t pool = arrival.charges ? pool_index(arrival.pool) : kNowhere;
    if (pool != kNowhere) pools[pool].charged += arrival.outstanding;
  }
  for (const Demand& demand : in.demands) {
    if (demand.direction != Direction::give || !demand.pool || demand.dry_run) continue;
    const std::uint32_t pool = pool_index(*demand.pool);
    if (pool != kNowhere) pools[pool].wanted = true;
  }
  resolve_offers();
}

/// Who shares a process stops with it.
void Round::find_halted() {
  std::vector<ProcessKey> processes;
  for (TenantView& view : tenants) {
    view.is_halted = view.frozen;
    if (view.frozen && view.tenant->process) processes.push_back(*view.tenant->process);
  }
  if (processes.empty()) return;
  std::sort(processes.begin(), processes.end());
  for (TenantView& view : tenants) {
    const auto& process = view.tenant->process;
    view.is_halted |= process && std::binary_search(processes.begin(), processes.end(), *process);
  }
}

void Round::resolve_offers() {
  offers.reserve(in.offers.size());
  changes_.reserve(in.offers.size() * 2);
  std::uint32_t tenant = 0;  // offers mostly come tenant by tenant, and alike in their pools
  std::uint32_t pool = 0;
  for (const Offer& offer : in.offers) {
    if (tenant >= tenants.size() || tenants[tenant].tenant->id != offer.tenant) {
      const std::uint32_t next = tenant + 1;
      const bool is_next = next < tenants.size() && tenants[next].tenant->id == offer.tenant;
      tenant = is_next ? next : tenant_index(offer.tenant);
    }
    if (tenant == kNowhere) {
      tenant = 0;
      continue;
    }
    offers.push_back({&offer, tenant, static_cast<std::uint32_t>(changes_.size())});
    for (const PoolChange& change : offer.changes) {
      if (pool >= pools.size() || pools[pool].found->pool != change.pool) {
        pool = pool_index(change.pool);
      }
      changes_.push_back({pool, change.delta});
    }
  }
}

std::uint32_t Round::pool_index(const PoolId& pool) const {
  const auto found = std::lower_bound(
      pools.begin(), pools.end(), pool,
      [](const PoolView& view, const PoolId& id) { return view.found->pool < id; });
  if (found == pools.end() || found->found->pool != pool) return kNowhere;
  return static_cast<std::uint32_t>(found - pools.begin());
}

std::uint32_t Round::tenant_index(const TenantId& tenant) const {
  const auto found =
      std::lower_bound(in.tenants.begin(), in.tenants.end(), tenant,
                       [](const Tenant& t, const TenantId& id) { return t.id < id; });
  if (found == in.tenants.end() || found->id != tenant) return kNowhere;
  return static_cast<std::uint32_t>(found - in.tenants.begin());
}

std::span<const ChangeView> Round::changes(const OfferView& offer) const {
  return std::span(changes_).subspan(offer.first_change, offer.offer->changes.size());
}

TenantMemory& Round::remember(std::uint32_t tenant) {
  TenantView& view = tenants[tenant];
  if (!view.memory) view.memory = &state.tenants[view.tenant->id];
  return *view.memory;
}

const ActionMemory* Round::action_memory(const OfferView& offer) const {
  const TenantMemory* memory = tenants[offer.tenant].memory;
  if (!memory) return nullptr;
  const auto found = memory->actions.find(offer.offer->action);
  return found == memory->actions.end() ? nullptr : &found->second;
}

double Round::trust(const OfferView& offer) const {
  const ActionMemory* memory = action_memory(offer);
  return memory ? memory->yield.value_or(1.0) : 1.0;
}

void Round::count(const PoolId& pool, Direction direction, Rung rung, Level level,
                  const TenantId& tenant, std::span<const PoolChange> estimate) {
  const std::uint32_t who = tenant_index(tenant);
  if (who != kNowhere) {
    tenants[who].in_flight = true;
    const auto& process = tenants[who].tenant->process;
    for (TenantView& view : tenants) {
      view.is_process_busy |= process && view.tenant->process == process;
    }
  }
  const std::uint32_t sake = pool_index(pool);
  const bool takes = takes_for_pool(direction, rung);
  if (sake != kNowhere && takes) {
    pools[sake].busy = std::max(pools[sake].busy.value_or(Level::normal), level);
  }
  for (const PoolChange& change : estimate) {
    const std::uint32_t index = pool_index(change.pool);
    if (index == kNowhere) continue;
    if (change.delta > Bytes{}) pools[index].charged += change.delta;
    if (change.delta < Bytes{} && takes && index != sake) pools[index].coming -= change.delta;
  }
}

void Round::predict(Step step) {
  step.id = state.next_step++;
  count(step.pool, step.direction, step.rung, step.level, step.tenant, step.estimate);
  plan.steps.push_back(std::move(step));
}

void Round::start(Step step) {
  const bool is_measure = step.rung != Rung::notify && step.rung != Rung::refuse;
  if (is_measure) {
    state.flights.push_back({state.next_step, step.direction, step.rung, step.tenant, step.pool,
                             step.level, step.estimate, step.demand});
  }
  predict(std::move(step));
}

void Round::decline(const PoolId& pool, const TenantId& tenant, Rung rung, std::string why) {
  if (plan.declined.size() < kMostDeclined) {
    plan.declined.push_back({pool, tenant, rung, std::move(why)});
  }
}

}  // namespace spillway
