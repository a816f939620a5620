#pragma once

#include <string>

#include "port/sys_root.h"
#include "sense/sensor.h"

namespace spillway {

/// The message of one record of /dev/kmsg, "PRIORITY,SEQUENCE,TIMESTAMP,FLAGS;MESSAGE\n" and perhaps
/// dictionary lines (Documentation/ABI/testing/dev-kmsg). nullopt when it is malformed or was
/// written by a program: only the kernel's own records have facility 0.
std::optional<std::string_view> parse_kmsg(std::string_view record);

/// What the kernel's messages say about processes killed for want of memory, and NVIDIA's driver about
/// its devices. Keeps the cgroup that "oom-kill:" names for the "Killed process" line that follows.
class KernelMessages {
 public:
  /// `at` is left to the caller.
  std::optional<KernelEvent> take(std::string_view message);

 private:
  struct Constraint {
    pid_t pid = 0;
    std::optional<PoolId> pool;
  };
  std::optional<Constraint> constraint_;  // "oom-kill:constraint=..." (Linux 5.0)
  bool in_cgroup_ = false;  // "Memory cgroup out of memory: Kill process" (before 5.0)
};

/// OOM kills and Xid errors as they happen, from /dev/kmsg; what was there at the start is skipped.
/// Empty where there is no such file or it may not be read (dmesg_restrict): capabilities() says so.
class KmsgSensor final : public Sensor {
 public:
  explicit KmsgSensor(const SysRoot& root);
  std::string_view name() const override { return "kmsg"; }
  Result<std::vector<Reading>> read(const Look& look) override;
  void wake_fds(std::vector<WakeFd>& out) const override;
  void capabilities(std::vector<Capability>& out) const override;

 private:
  std::string where_;
  Result<UniqueFd> fd_;
  std::string record_;
  KernelMessages messages_;
  bool wakes_ = true;
  std::optional<TimePoint> read_;
};

}  // namespace spillway
