#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <variant>

#include "act/action.h"
#include "act/dead_man.h"
#include "act/frozen_notes.h"
#include "port/cgroup_fs.h"
#include "port/cgroup_handle.h"
#include "port/process_handle.h"

namespace spillway {

/// Stops a tenant where it is, so that it takes no more memory; restore lets it run on. By
/// cgroup.freeze where the tenant has a scope of its own and nothing in it is protected, else by
/// SIGSTOP (which a shell that started it shows as a stopped job). Frees nothing by itself. If this
/// process dies, a helper thaws everything (act/dead_man.h); if both do, the next guard (the notes).
class FreezeAction final : public Action {
 public:
  explicit FreezeAction(const SysRoot& root, FrozenNotes notes = FrozenNotes({}));

  std::string_view name() const override { return "freeze"; }
  Capability capability() const override;
  void offers(const Snapshot& snapshot, const Tenant& tenant,
              std::vector<Offer>& out) const override;
  Outcome run(const Step& step, const Tenant& tenant, TimePoint deadline) override;

 private:
  using Target = std::variant<ProcessHandle, CgroupHandle>;
  struct Frozen {
    Target target;
    DeadMan::Slot slot;
    ProcessKey noted;
  };

  Outcome freeze(const Step& step, const Tenant& tenant, TimePoint deadline);
  Outcome thaw(const Step& step, const Tenant& tenant);
  Result<CgroupHandle> own_scope(const Tenant& tenant) const;

  const SysRoot root_;
  const std::optional<CgroupHierarchy> groups_;  // cgroup v2, where it is mounted
  const FrozenNotes notes_;
  DeadMan dead_man_;
  std::mutex mutex_;
  std::map<TenantId, Frozen> frozen_;
};

}  // namespace spillway
