#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "port/sys_root.h"

namespace spillway {

/// The two system calls that change swap. Called in a process of their own, too.
class SwapDoor {
 public:
  virtual ~SwapDoor() = default;
  /// swapoff(2): brings back all that the device holds; minutes. A signal ends it, and the device stays.
  virtual Status off(const std::string& device) = 0;
  /// swapon(2) with this priority; below 0: the kernel gives one.
  virtual Status on(const std::string& device, int priority) = 0;
};
class KernelSwap final : public SwapDoor {
 public:
  Status off(const std::string& device) override;
  Status on(const std::string& device, int priority) override;
};

struct DrainRules {
  Bytes margin = 1_GiB;     // of MemAvailable, beside what the device holds
  Duration within = 10min;  // per device
  double stall = 0.4;       // stops when all tasks wait for memory for more than this share
  Duration window = 2s;     // of so much time
  Duration patience = 10s;  // for an interrupted swapoff to end
};

/// What became of one device.
struct Drained {
  enum class How { drained, refused, stopped, failed } how = How::refused;
  std::string device;
  Bytes held;
  std::string why;
  Duration took{};
};

/// Empties swap, one device at a time, those on disks first and of them the fullest last; a device is on again
/// afterwards, whatever happened. Only starts one for which MemAvailable is enough, and stops when
/// tasks stall, when MemAvailable falls below the margin, and after its time. After the first that was
/// stopped no other is tried. `dry_run`: only says what it would do (how: drained). Blocks.
std::vector<Drained> drain_swap(const SysRoot& root, SwapDoor& door, const DrainRules& rules,
                                bool dry_run);

std::string_view name(Drained::How how);

}  // namespace spillway
