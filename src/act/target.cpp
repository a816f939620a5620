#include "act/target.h"

#include <unistd.h>

namespace spillway {

Result<ProcessHandle> open_target(const Tenant& tenant) {
  if (!tenant.process) return fail(Errc::not_found, "it has no known process", tenant.id.text);
  auto handle = ProcessHandle::open(tenant.process->pid, tenant.process->start_ticks);
  if (!handle) return handle;
  // Root's tenants may stand for anybody's process, all others only for their own.
  if (tenant.uid != 0 && handle->uid() != tenant.uid) {
    return fail(Errc::denied, "its process belongs to another user", tenant.id.text);
  }
  if (const auto why = handle->protection()) return fail(Errc::denied, *why, tenant.id.text);
  return handle;
}

std::optional<CgroupHierarchy> unified_groups(const SysRoot& root) {
  const auto groups = CgroupFs::locate(root);
  return groups ? groups->unified() : std::nullopt;
}

Result<CgroupHandle> open_scope(const SysRoot& root, const std::optional<CgroupHierarchy>& groups,
                                const Tenant& tenant) {
  if (!groups) return fail(Errc::unsupported, "no cgroup v2 is mounted");
  if (tenant.cgroup.empty() || tenant.cgroup == "/") {
    return fail(Errc::unsupported, "it has no cgroup of its own", tenant.id.text);
  }
  const auto directory = groups->directory(tenant.cgroup);
  if (!directory) return fail(Errc::invalid, "not the name of a cgroup", tenant.cgroup);
  return CgroupHandle::open(root.where(*directory));
}

Status rehearse_signals() {
  const auto self = ProcessHandle::open(getpid());
  if (!self) return tl::unexpected(self.error());
  return self->signal(0);
}

}  // namespace spillway
