#pragma once

#include <vector>

#include "doctor/state/machine_state.h"
#include "port/sys_root.h"

namespace spillway::doctor {

/// Control groups with a memory limit and those in which the kernel has killed (admin-guide/cgroup-v2.rst,
/// "Memory"; cgroup-v1/memory.rst). At most 2000 groups are looked at, eight levels deep.
std::vector<Group> read_groups(const SysRoot& root);

}  // namespace spillway::doctor
