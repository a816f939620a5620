#pragma once

#include "doctor/state/machine_state.h"
#include "port/sys_root.h"

namespace spillway::doctor {

/// /proc/sys, /proc/vmstat and /sys/kernel/mm. What this kernel has not, or does not show, is absent.
KernelSettings read_kernel(const SysRoot& root);

}  // namespace spillway::doctor
