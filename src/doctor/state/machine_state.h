#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace spillway::doctor {

// What the doctor knows of a machine at one moment: raw, as doctor/read found it. What a machine lacks
// or does not show is absent; absent is not zero.

/// /proc/meminfo (Documentation/filesystems/proc.rst, "meminfo").
struct MemoryState {
  std::optional<Bytes> total, free, available, buffers, cached, anonymous, shared, slab_reclaimable,
      slab_kept, kernel_stack, page_tables, secondary_page_tables, percpu, huge_pages, zswap,
      swap_total, swap_free, committed, commit_limit;
  std::optional<std::uint64_t> huge_pages_total, huge_pages_free;
};

/// A process that holds memory: kernel threads and zombies are none.
struct Process {
  pid_t pid = 0;
  uid_t uid = 0;
  std::string name;     // comm: at most 15 bytes
  std::string command;  // its arguments, a blank between them; empty where they cannot be read
  std::string group;    // its cgroup, as in /proc/PID/cgroup
  std::optional<Bytes> resident, anonymous, peak_resident, swapped, virtual_size;
  std::optional<int> oom_score_adj;
  std::optional<Bytes> address_limit;  // RLIMIT_AS; none: unlimited, or not read

  /// Memory that is its own: anonymous pages, or all that is resident where the kernel does not tell
  /// them apart (before Linux 4.5).
  std::optional<Bytes> own() const { return anonymous ? anonymous : resident; }
};

/// A line of /proc/swaps.
struct SwapArea {
  std::string path;
  Bytes size, used;
  std::int64_t priority = 0;
  bool is_zram() const { return path.find("/zram") != std::string::npos; }
};

/// /sys/block/zramN (admin-guide/blockdev/zram.rst).
struct ZramDevice {
  std::string name;
  std::optional<Bytes> size, stored, physical;
  std::string algorithm;
};

/// /proc/sys/vm and /sys/kernel/mm; the names are the kernel's (admin-guide/sysctl/vm.rst,
/// mm/transhuge.rst, mm/multigen_lru.rst).
struct KernelSettings {
  std::string release;
  std::optional<std::int64_t> swappiness, vfs_cache_pressure, dirty_ratio, dirty_background_ratio,
      dirty_bytes, overcommit_memory, watermark_scale_factor, min_free_kbytes, panic_on_oom,
      pid_max,
      oom_kills;                                            // since boot: of /proc/vmstat
  std::string huge_pages_enabled, huge_pages_defrag;        // "always", "madvise", "never"
  std::optional<std::int64_t> lru_gen, lru_gen_min_ttl_ms;  // MGLRU: a bit mask; 0 is off
};

/// A control group with a limit, or in which the kernel killed.
struct Group {
  std::string path;
  std::optional<Bytes> used, file_cache, high, max, swap_max;  // none: "max", or not told
  std::optional<std::uint64_t> oom_kills, limit_hits;          // memory.events: oom_kill, max
};

/// A line of a systemd unit file that matters to memory.
struct UnitSetting {
  std::string file;
  std::string unit;   // "ollama.service"
  std::string key;    // "MemoryLimit"
  std::string value;  // "8G"
};

/// A GPU as sysfs and NVIDIA's own program show it without its being woken.
struct Gpu {
  std::string address;  // "0000:41:00.0"
  std::string driver;   // "nvidia", "amdgpu", "i915", "xe"
  bool asleep = false;
  std::string uuid;                                   // "GPU-..."; empty: not told
  std::optional<Bytes> used, reserved;                // of its memory, by nvidia-smi
  std::optional<bool> persistence;                    // the driver stays although nobody uses it
  std::optional<std::uint64_t> bad_pages;             // of its memory, retired
  std::optional<std::uint64_t> uncorrectable_errors;  // of its memory, since the last reset
  bool repair_pending = false, repair_failed = false;
  std::string recovery;  // what the driver asks for: "Reset", "Reboot"; empty: nothing
};

struct GpuState {
  std::vector<Gpu> gpus;
  std::string nvidia_version;  // of the kernel module
};

/// A line of /proc/self/limits: what programs started from here may take at most.
struct Limit {
  std::string name;  // "address space"
  std::string soft;  // "unlimited", "8388608 bytes"
};

struct MachineState {
  MemoryState memory;
  KernelSettings kernel;
  std::vector<Process> processes;  // ascending by pid
  std::vector<SwapArea> swaps;
  std::vector<ZramDevice> zram;
  std::vector<Group> groups;
  std::vector<UnitSetting> units;
  GpuState gpu;
  std::vector<Limit> limits;
  std::string cgroup_version;  // "v1", "v2" where memory is counted; empty where it is not
};

}  // namespace spillway::doctor
