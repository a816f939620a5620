#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "doctor/state/machine_state.h"
#include "port/sys_root.h"

namespace spillway::doctor {

/// A systemd unit as its files tell, drop-ins included: of directives given twice the last counts.
struct UnitFile {
  std::string name;
  std::map<std::string, std::string> directives;
};

/// What tuning depends on. Absent is not zero: an image that is not running has no amounts.
struct TuneMachine {
  bool running = false;  // there is a kernel to ask
  MemoryState memory;
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

}  // namespace spillway::doctor
