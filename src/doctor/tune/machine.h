#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "port/sys_root.h"

namespace spillway::doctor {

/// One area of /proc/swaps (proc(5)).
struct SwapArea {
  std::string device;
  Bytes size, used;
  int priority = 0;  // below 0: given by the kernel, not by a person

  bool is_zram() const { return device.starts_with("/dev/zram"); }
};

/// A block device of Documentation/admin-guide/blockdev/zram.rst.
struct ZramDevice {
  std::string name;
  Bytes size;
  std::string algorithm;
};

/// A systemd unit as its files tell, drop-ins included: of directives given twice the last counts.
struct UnitFile {
  std::string name;
  std::map<std::string, std::string> directives;
};

/// What tuning depends on. Absent is not zero: an image that is not running has no amounts.
struct TuneMachine {
  bool running = false;  // there is a kernel to ask
  std::optional<Bytes> ram, available, swap_used;
  std::vector<SwapArea> swaps;
  bool swap_in_fstab = false;
  std::vector<ZramDevice> zrams;
  bool zram_configured = false;
  // By KernelSetting::key: what the kernel has, or what an image's files say.
  std::map<std::string, std::string> values;
  bool has_zram_generator = false, has_oomd = false;
  std::vector<UnitFile> units;

  bool has_zram() const { return !zrams.empty(); }
  bool has_disk_swap() const;
};

/// Reads it: of known runtimes' units those that exist, and those named. Blocks on the disk.
TuneMachine read_tune_machine(const SysRoot& root, const std::vector<std::string>& units);

/// The lines of /proc/swaps.
std::vector<SwapArea> parse_swaps(std::string_view text);
/// "MemAvailable" of /proc/meminfo's text.
std::optional<Bytes> meminfo_field(std::string_view text, std::string_view field);

}  // namespace spillway::doctor
