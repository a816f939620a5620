#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "model/pool.h"

namespace spillway {

/// A process that cannot be confused with a later one of the same pid: field 22 (starttime, clock
/// ticks since boot) of /proc/PID/stat belongs to it.
struct ProcessKey {
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;
  friend auto operator<=>(const ProcessKey&, const ProcessKey&) = default;
};

/// How full one pool is. total = used + reserved + free.
struct PoolReading {
  PoolId pool;
  std::optional<Bytes> used;      // what nobody else can have without somebody giving it back
  std::optional<Bytes> total;     // capacity or the limit in force
  std::optional<Bytes> reserved;  // the driver's or kernel's own share; nobody can give it back
  std::optional<Bytes> cache;     // the kernel's cache in it: counted as free, given back by itself
  std::string source;  // "meminfo", "nvml": the sensor that read it, or its part: "cgroup:/a"
  TimePoint taken;     // when the source was read; worker-fed readings may be older
  std::optional<Bytes> swapped{};  // of a cgroup: what it has in swap, beside `used`
};

enum class StallResource { memory, io, cpu };

/// PSI totals: the time tasks were stalled since boot (Documentation/accounting/psi.rst).
struct StallReading {
  StallResource resource = StallResource::memory;
  std::optional<PoolId> scope;  // none: the whole system; else a cgroup pool
  Duration some{};
  Duration full{};
  TimePoint taken;
};

/// /proc/vmstat counters since boot (events, pages); absent where the kernel lacks one.
struct VmCounters {
  std::optional<std::uint64_t> refault_anon, refault_file, pgscan_direct, pgscan_kswapd, pgsteal,
      pswpin, pswpout, oom_kill;
  TimePoint taken{};  // read seldom: the kernel takes long to add them up
};

/// /proc/meminfo beyond the pool figures, for people and for the diagnosis.
struct MemoryDetail {
  std::optional<Bytes> free, available, anon, cached, buffers, reclaimable_slab, shmem, dirty,
      unevictable, zfs_reclaimable;
  std::optional<Bytes> zram_data, zram_physical;  // before and after compression
};

/// What one process holds in RAM and swap. PSS, swap and cgroup are known of the biggest and of
/// tenants only: they are dear to read.
struct ProcessReading {
  ProcessKey key;
  uid_t uid = 0;
  std::string name;    // comm
  std::string cgroup;  // path below the cgroup root
  std::optional<Bytes> rss, pss, swap;
  std::optional<int> oom_score_adj;
};

/// What one process holds on a device, as its driver reports it.
struct DeviceUse {
  PoolId pool;
  pid_t pid = 0;  // in the host's pid namespace where it could be mapped
  Bytes bytes;
  std::optional<Bytes> evicted;  // wants VRAM and was pushed out (amd-evicted-vram)
};

/// Something the kernel or a driver said has happened.
struct KernelEvent {
  enum class Kind { oom_kill, cgroup_oom, xid } kind = Kind::oom_kill;
  std::optional<PoolId> pool;
  std::optional<pid_t> pid;
  std::string text;
  TimePoint at;
};

/// A source that could not be read: a sensor, or one part of a sensor that watches several things
/// ("cgroup:/a"). The pools whose source it was are then unknown, not gone.
struct Fault {
  std::string sensor;
  Error error;
};

/// A Fault among readings: the part it names failed while the others were read.
using Reading = std::variant<PoolReading, StallReading, VmCounters, MemoryDetail, ProcessReading,
                             DeviceUse, KernelEvent, Fault>;

}  // namespace spillway
