#include "engine/aftermath.h"

#include <algorithm>
#include <map>

namespace spillway {
namespace {

/// What can be given back afterwards. Caches and cold pages come back by themselves.
bool is_kept(Rung rung) {
  return rung == Rung::unload_idle || rung == Rung::shrink || rung == Rung::offload ||
         rung == Rung::spill || rung == Rung::evict || rung == Rung::freeze;
}

std::vector<PoolChange> believable(const Tenant& tenant, std::vector<PoolChange> changes) {
  for (PoolChange& change : changes) {
    const Bytes held = tenant.held_in(change.pool);
    if (held > Bytes{}) change.delta = std::max(change.delta, -held);
  }
  return changes;
}

Bytes freed(const std::vector<PoolChange>& changes) {
  Bytes sum;
  for (const PoolChange& change : changes) {
    if (change.delta < Bytes{}) sum -= change.delta;
  }
  return sum;
}

void move(Tenant& tenant, const std::vector<PoolChange>& changes, const std::string& place) {
  const auto variant = std::find_if(tenant.variants.begin(), tenant.variants.end(),
                                    [&](const Variant& v) { return v.name == place; });
  if (variant == tenant.variants.end()) {
    tenant.holds = applied(tenant.holds, changes);
    return;
  }
  tenant.variant = variant->name;
  tenant.holds = variant->bytes;
}

void give(Tenant& tenant, const Step& step, const Outcome& outcome, TimePoint now) {
  const auto changes =
      believable(tenant, outcome.claimed.empty() ? outcome.measured : outcome.claimed);
  if (step.rung == Rung::trim && tenant.trimmable) {
    const Bytes given = changes.empty() ? *tenant.trimmable : freed(changes);
    tenant.trimmable = std::max(Bytes{}, *tenant.trimmable - given);
  }
  if (!is_kept(step.rung)) return;
  Taken taken{step.rung, step.action, outcome.detail, changes, now};
  if (step.rung == Rung::freeze) {
    taken.changes.clear();
  } else {
    move(tenant, changes, outcome.detail);
  }
  tenant.taken.push_back(std::move(taken));
}

void restore(Tenant& tenant, const Step& step, const Outcome& outcome) {
  const auto latest = std::find_if(tenant.taken.rbegin(), tenant.taken.rend(), [&](const Taken& t) {
    return t.rung == step.rung && t.action == step.action;
  });
  if (latest == tenant.taken.rend()) return;
  std::vector<PoolChange> back = outcome.claimed;
  if (back.empty()) {
    for (const PoolChange& change : latest->changes) back.push_back({change.pool, -change.delta});
  }
  if (step.rung != Rung::freeze) move(tenant, back, outcome.detail);
  tenant.taken.erase(std::next(latest).base());
}

}  // namespace

std::vector<PoolChange> applied(const std::vector<PoolChange>& holds,
                                const std::vector<PoolChange>& changes) {
  std::map<PoolId, Bytes> sum;
  for (const auto* list : {&holds, &changes}) {
    for (const PoolChange& part : *list) sum[part.pool] += part.delta;
  }
  std::vector<PoolChange> result;
  for (const auto& [pool, bytes] : sum) {
    if (bytes > Bytes{}) result.push_back({pool, bytes});
  }
  return result;
}

void apply_outcome(Tenant& tenant, const Step& step, const Outcome& outcome, TimePoint now) {
  if (outcome.status != StepStatus::done) return;
  if (step.direction == Direction::give) {
    give(tenant, step, outcome, now);
  } else {
    restore(tenant, step, outcome);
  }
}

}  // namespace spillway
