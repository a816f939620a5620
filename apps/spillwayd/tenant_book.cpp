#include "tenant_book.h"

#include <algorithm>

namespace spillway {

const Tenant* TenantBook::find(const std::string& id) const {
  const auto& tenants = engine_.tenants();
  const auto found = std::find_if(tenants.begin(), tenants.end(),
                                  [&](const Tenant& tenant) { return tenant.id.text == id; });
  return found == tenants.end() ? nullptr : &*found;
}

std::size_t TenantBook::count(uid_t uid) const {
  const auto& tenants = engine_.tenants();
  return static_cast<std::size_t>(std::count_if(
      tenants.begin(), tenants.end(), [&](const Tenant& tenant) { return tenant.uid == uid; }));
}

std::string TenantBook::free_name(const Tenant& tenant) const {
  const Tenant* known = find(tenant.id.text);
  const bool strangers = known != nullptr && !known->connected && known->uid != tenant.uid;
  return strangers ? tenant.id.text + "@" + std::to_string(tenant.uid) : tenant.id.text;
}

void TenantBook::disconnect(const TenantId& id, Entry& entry, TimePoint until) {
  entry.until = until;
  guests_.unbind(id.text);
  engine_.update(id, [](Tenant& tenant) {
    tenant.connected = false;
    tenant.busy = false;
  });
}

TenantId TenantBook::add(Tenant tenant, ConnectionId connection) {
  const TimePoint now = tenant.registered;
  const Tenant* known = find(tenant.id.text);
  const auto entry = entries_.find(tenant.id);
  if (known != nullptr && entry != entries_.end() && known->connected && known->process &&
      known->process == tenant.process && entry->second.connection != connection) {
    disconnect(tenant.id, entry->second, now + grace_);
  }
  tenant.id.text = free_name(tenant);
  TenantId id = engine_.add(std::move(tenant));
  entries_[id] = {connection, std::nullopt};
  guests_.bind(id.text, connection);
  return id;
}

void TenantBook::forget(const TenantId& id) {
  guests_.unbind(id.text);
  entries_.erase(id);
}

void TenantBook::remove(const TenantId& id, const std::string& reason) {
  forget(id);
  engine_.remove(id, reason);
}

void TenantBook::lost(ConnectionId connection, TimePoint now) {
  guests_.gone(connection);
  for (auto& [id, entry] : entries_) {
    if (entry.connection == connection && !entry.until) disconnect(id, entry, now + grace_);
  }
}

std::optional<TimePoint> TenantBook::expire(TimePoint now) {
  std::optional<TimePoint> next;
  std::vector<TenantId> due;
  for (const auto& [id, entry] : entries_) {
    if (!entry.until) continue;
    if (*entry.until <= now) {
      due.push_back(id);
    } else if (!next || *entry.until < *next) {
      next = entry.until;
    }
  }
  for (const TenantId& id : due) remove(id, "its program did not come back");
  return next;
}

}  // namespace spillway
