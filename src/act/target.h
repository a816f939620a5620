#pragma once

#include "base/result.h"
#include "model/tenant.h"
#include "port/cgroup_fs.h"
#include "port/cgroup_handle.h"
#include "port/process_handle.h"

namespace spillway {

/// The last look at a tenant's process before it is stopped or frozen: opened through a handle that
/// cannot be reused, still the one that was registered, owned by the tenant's user, not protected
/// (port/process_handle.h). Worker thread; does not block.
Result<ProcessHandle> open_target(const Tenant& tenant);

/// Where cgroup v2 is mounted, for open_scope(). Reads files: at start only.
std::optional<CgroupHierarchy> unified_groups(const SysRoot& root);

/// The tenant's own cgroup, if it has one.
Result<CgroupHandle> open_scope(const SysRoot& root, const std::optional<CgroupHierarchy>& groups,
                                const Tenant& tenant);

/// The self-test of rungs that signal: sends nothing to ourselves the way a step would.
Status rehearse_signals();

}  // namespace spillway
