#pragma once

#include <sys/types.h>

#include <optional>
#include <vector>

#include "base/bytes.h"

namespace spillway {

/// All processes below `root`, which is not among them, ascending. Reads the parent of every process
/// (Documentation/filesystems/proc.rst, table 1-4, field 4); may block as long as that takes.
std::vector<pid_t> processes_below(pid_t root);

/// What a process has in RAM, its share of files that are mapped included: statm's second field.
std::optional<Bytes> rss_of(pid_t process);
/// The same with pages that n processes share counted as an n-th: smaps_rollup. Milliseconds per GiB.
std::optional<Bytes> pss_of(pid_t process);
/// Whether it has a GPU's device file open.
bool has_gpu_open(pid_t process);

}  // namespace spillway
