#pragma once

#include "port/kept_file.h"
#include "sense/sensor.h"

namespace spillway {

/// The lines of /proc/meminfo that spillway uses (Documentation/filesystems/proc.rst, "meminfo").
struct Meminfo {
  std::optional<Bytes> total, free, available, buffers, cached, inactive_file, unevictable, dirty,
      anon, shmem, reclaimable_slab;
};

/// "Key:   123 kB" per line, kB meaning KiB. An error without MemTotal or MemAvailable (Linux 3.14).
Result<Meminfo> parse_meminfo(std::string_view text);

/// How much the ZFS cache would give back by itself: its size above c_min. /proc/spl/kstat/zfs/
/// arcstats has lines "name type data" (OpenZFS, man 4 zfs and kstat(5)); MemAvailable counts it as
/// used although it shrinks under pressure.
Result<Bytes> parse_arcstats(std::string_view text);

/// The pool `ram`: used = MemTotal - (MemAvailable + reclaimable ZFS cache). MemAvailable counts free
/// pages, clean and dirty page cache and reclaimable slab above the watermarks; tmpfs and other
/// shared memory are not in it, since they can only go to swap. Also MemoryDetail.
class MeminfoSensor final : public Sensor {
 public:
  explicit MeminfoSensor(const SysRoot& root);
  std::string_view name() const override { return "meminfo"; }
  Result<std::vector<Reading>> read(const Look& look) override;

 private:
  KeptFile meminfo_;
  OptionalFile arcstats_;
};

}  // namespace spillway
