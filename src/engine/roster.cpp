#include "engine/roster.h"

#include <algorithm>

#include "base/text.h"
#include "engine/groups.h"

namespace spillway {
namespace {

/// "stt" and "stt#2", but not "stt#x".
bool is_named(const std::string& id, const std::string& name) {
  if (!id.starts_with(name)) return false;
  const std::string_view rest = std::string_view(id).substr(name.size());
  return rest.empty() || (rest.front() == '#' && parse_u64(rest.substr(1)));
}

/// What it holds now counts for what it held at most.
void raise_peaks(Tenant& tenant) {
  for (const PoolChange& held : tenant.holds) {
    const auto known = std::find_if(tenant.peaks.begin(), tenant.peaks.end(),
                                    [&](const PoolChange& peak) { return peak.pool == held.pool; });
    if (known == tenant.peaks.end()) {
      tenant.peaks.push_back(held);
    } else {
      known->delta = std::max(known->delta, held.delta);
    }
  }
}

}  // namespace

std::vector<Tenant>::iterator Roster::position(const TenantId& id) {
  return std::lower_bound(
      tenants_.begin(), tenants_.end(), id,
      [](const Tenant& tenant, const TenantId& key) { return tenant.id < key; });
}

const Tenant* Roster::find(const TenantId& id) const {
  const auto at =
      std::lower_bound(tenants_.begin(), tenants_.end(), id,
                       [](const Tenant& tenant, const TenantId& key) { return tenant.id < key; });
  return at != tenants_.end() && at->id == id ? &*at : nullptr;
}

const Tenant* Roster::predecessor(const Tenant& tenant) {
  const Tenant* any = nullptr;
  for (auto known = position(tenant.id);
       known != tenants_.end() && known->id.text.starts_with(tenant.id.text); ++known) {
    if (known->connected || known->uid != tenant.uid || !is_named(known->id.text, tenant.id.text)) {
      continue;
    }
    if (known->process == tenant.process) return &*known;
    if (!any) any = &*known;
  }
  return any;
}

TenantId Roster::add(Tenant tenant) {
  changed_ = true;
  tenant.peaks.clear();
  if (const Tenant* known = predecessor(tenant)) {
    tenant.id = known->id;
    if (known->process == tenant.process) {
      tenant.taken = known->taken;
      tenant.peaks = known->peaks;
      if (tenant.variant.empty()) tenant.variant = known->variant;
    }
    remove(tenant.id);
  }
  const std::string name = tenant.id.text;
  for (int number = 2; find(tenant.id); ++number)
    tenant.id.text = name + "#" + std::to_string(number);

  TenantId id = tenant.id;
  if (tenant.holds.empty() && tenant.variants.empty()) undeclared_.insert(id);
  if (tenant.process) watch_.add(*tenant.process);
  raise_peaks(tenant);
  tenants_.insert(position(id), std::move(tenant));
  return id;
}

bool Roster::update(const TenantId& id, const std::function<void(Tenant&)>& change) {
  const auto at = position(id);
  if (at == tenants_.end() || at->id != id) return false;
  changed_ = true;
  const auto process = at->process;
  auto peaks = std::move(at->peaks);
  change(*at);
  at->id = id;
  at->peaks = std::move(peaks);
  raise_peaks(*at);
  if (at->process == process) return true;
  if (process) watch_.remove(*process);
  if (at->process) watch_.add(*at->process);
  return true;
}

std::optional<Tenant> Roster::remove(const TenantId& id) {
  const auto at = position(id);
  if (at == tenants_.end() || at->id != id) return std::nullopt;
  changed_ = true;
  Tenant tenant = std::move(*at);
  tenants_.erase(at);
  undeclared_.erase(id);
  if (tenant.process) watch_.remove(*tenant.process);
  return tenant;
}

std::vector<TenantId> Roster::ended() {
  std::vector<TenantId> ids;
  for (const ProcessKey& process : watch_.ended()) {
    for (const Tenant& tenant : tenants_) {
      if (tenant.process == process) ids.push_back(tenant.id);
    }
  }
  return ids;
}

bool Roster::worked_since(TimePoint since) const {
  return std::any_of(tenants_.begin(), tenants_.end(), [&](const Tenant& tenant) {
    return tenant.busy || (tenant.last_used && *tenant.last_used >= since);
  });
}

void Roster::measure(const Snapshot& snapshot, bool owners) {
  for (const TenantId& id : undeclared_) {
    const auto at = position(id);
    if (!at->process) continue;
    auto holds = at->holds;
    const auto replace = [&](const PoolId& pool, const std::optional<Bytes>& bytes) {
      if (!bytes) return;
      std::erase_if(holds, [&](const PoolChange& held) { return held.pool == pool; });
      if (*bytes > Bytes{}) holds.push_back({pool, *bytes});
    };
    for (const ProcessReading& process : snapshot.processes) {
      if (!owners || process.key != *at->process) continue;
      replace(kRam, process.pss ? process.pss : process.rss);
      replace(kSwap, process.swap);
    }
    for (const DeviceUse& use : snapshot.device_uses) {
      if (use.pid == at->process->pid) replace(use.pool, use.bytes);
    }
    const bool same = std::equal(holds.begin(), holds.end(), at->holds.begin(), at->holds.end(),
                                 [](const PoolChange& a, const PoolChange& b) {
                                   return a.pool == b.pool && a.delta == b.delta;
                                 });
    if (same) continue;
    at->holds = std::move(holds);
    raise_peaks(*at);
    changed_ = true;
  }
}

void Roster::charge_groups(const Snapshot& snapshot) {
  for (Tenant& tenant : tenants_) {
    const std::vector<PoolId> around = pools_around(tenant.group, snapshot);
    if (around.empty() || tenant.held_in(around.front()) == tenant.held_in(kRam)) continue;
    charge(tenant, around);
    changed_ = true;
  }
}

std::vector<ProcessKey> Roster::processes() const {
  std::vector<ProcessKey> keys;
  for (const Tenant& tenant : tenants_) {
    if (tenant.process) keys.push_back(*tenant.process);
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

}  // namespace spillway
