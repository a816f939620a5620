#pragma once

#include <sys/types.h>

#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "port/sys_root.h"

namespace spillway {

// Files of /proc/PID (Documentation/filesystems/proc.rst). For /proc/PID/stat see
// port/process_handle.h.

/// Resident memory: the second of the seven page counts of /proc/PID/statm (table 1-3). Zero for
/// kernel threads and zombies. Since Linux 6.2 it may be off by some pages per processor.
Result<Bytes> parse_statm(std::string_view text, std::int64_t page_size);

/// Of /proc/PID/status (table 1-2).
struct ProcessStatus {
  uid_t uid = 0;              // effective
  std::optional<Bytes> swap;  // VmSwap; none for kernel threads
};
Result<ProcessStatus> parse_status(std::string_view text);

/// "NSpid:" of /proc/PID/status: the process's pid in each pid namespace it is in, that of this
/// /proc first, its innermost last. Empty before Linux 4.1.
std::vector<pid_t> parse_nspid(std::string_view status);

/// "Pss:" of /proc/PID/smaps_rollup (Linux 4.14): resident memory with shared pages divided among
/// those who share them. The kernel walks all page tables for it: about 9 ms per GiB of 4 KiB pages.
Result<Bytes> parse_smaps_rollup(std::string_view text);

/// A single number, -1000..1000, of /proc/PID/oom_score_adj (section 3.1).
Result<int> parse_oom_score_adj(std::string_view text);

/// The processes that have this pid in their innermost namespace, as they are named here. Reads
/// /proc/PID/status of all.
Result<std::vector<pid_t>> pids_with_inner(const SysRoot& root, pid_t inner);

/// The pid that was given out last, the fifth word of /proc/loadavg (section 1.2): while it stays, no
/// process was started.
std::optional<pid_t> parse_last_pid(std::string_view loadavg);

/// The pid, as seen in `root`'s /proc, of the process that calls itself `inner` in its own pid
/// namespace. `pid_namespace` is the inode of a /proc/PID/ns/pid; without it the answer must be the
/// only one (Errc::refused when there are several, not_found when none). Reads every status file:
/// milliseconds.
Result<pid_t> host_pid(const SysRoot& root, pid_t inner, std::optional<ino_t> pid_namespace = {});

}  // namespace spillway
