#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/process_watch.h"
#include "model/snapshot.h"
#include "model/tenant.h"

namespace spillway {

/// Who holds memory: the tenants, their ids and their processes. One thread.
class Roster {
 public:
  const std::vector<Tenant>& tenants() const { return tenants_; }  // ascending by id
  const Tenant* find(const TenantId& id) const;

  /// Adds under the wanted id, or under "id#2" and so on while that one is connected. Whoever was
  /// known by the name and is not connected is taken up again: of the same process with what had been
  /// taken from it, for a process that started anew has it all back.
  TenantId add(Tenant tenant);
  /// Everything but the id and the peaks may be changed. False when there is no such tenant.
  bool update(const TenantId& id, const std::function<void(Tenant&)>& change);
  std::optional<Tenant> remove(const TenantId& id);
  /// The ids of those whose process has ended.
  std::vector<TenantId> ended();
  int wake_fd() const { return watch_.fd(); }

  /// Whether anything changed since the last call.
  bool take_changed() { return std::exchange(changed_, false); }
  /// A request began or ended in one of them after `since`, or runs now.
  bool worked_since(TimePoint since) const;

  /// Fills in what tenants that declared nothing hold, from what was measured of their processes.
  /// `owners`: their RAM was measured at this look; what else names processes does so roughly.
  void measure(const Snapshot& snapshot, bool owners);
  /// What they hold in RAM counts in the watched groups around them, too.
  void charge_groups(const Snapshot& snapshot);
  /// Their processes, for sensing.
  std::vector<ProcessKey> processes() const;

 private:
  std::vector<Tenant>::iterator position(const TenantId& id);
  const Tenant* predecessor(const Tenant& tenant);

  std::vector<Tenant> tenants_;
  std::set<TenantId> undeclared_;  // hold what their process holds
  ProcessWatch watch_;
  bool changed_ = true;
};

}  // namespace spillway
