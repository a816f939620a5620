#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/plan.h"
#include "model/snapshot.h"
#include "model/tenant.h"

namespace spillway {

/// A page of RAM that a process in a control group holds is charged to that group and to those
/// above it (Documentation/admin-guide/cgroup-v2.rst, "Memory Ownership"). Programs declare what
/// they hold in RAM and know nothing of their group, so the engine says the rest. Pure.

/// The watched pools that `group` lies in: "cgroup:/a" and "cgroup:/a/b" for "/a/b/c".
std::vector<PoolId> pools_around(std::string_view group, const Snapshot& snapshot);

/// Makes every change of RAM a change of these pools, too. Doing it twice changes nothing.
void charge(std::vector<PoolChange>& changes, const std::vector<PoolId>& around);

/// The same for all that a tenant holds and could hold.
void charge(Tenant& tenant, const std::vector<PoolId>& around);

}  // namespace spillway
