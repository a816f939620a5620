#pragma once

#include <vector>

#include "doctor/state/machine_state.h"
#include "port/sys_root.h"

namespace spillway::doctor {

/// All processes that hold memory. One that ends meanwhile is left out; what another user's process does
/// not show is absent. About 40 us each.
std::vector<Process> read_processes(const SysRoot& root);

/// "Name:", "Uid:" and the Vm and Rss lines of /proc/PID/status (proc.rst, table 1-2). nullopt for
/// kernel threads and zombies, which have none, and for what is no such file.
std::optional<Process> parse_process_status(std::string_view text);

/// "Max address space" of /proc/PID/limits (proc.rst, 3.10 of proc(5)); none when unlimited.
std::optional<Bytes> parse_address_limit(std::string_view limits);

/// "Max address space", "Max locked memory" and "Max open files" of /proc/self/limits.
std::vector<Limit> read_limits(const SysRoot& root);

}  // namespace spillway::doctor
