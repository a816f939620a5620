#pragma once

#include "doctor/state/machine_state.h"
#include "port/sys_root.h"

namespace spillway::doctor {

/// Everything the checks look at that is not a log, at one moment. Blocks on nothing but the kernel's own
/// files and /etc/systemd. Any thread.
MachineState read_machine(const SysRoot& root);

}  // namespace spillway::doctor
