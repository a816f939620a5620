#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string_view>

#include "port/sys_root.h"

namespace spillway {

/// NVML names a process by its pid in the host's namespace, in its container's, or (driver 560) in
/// either. The right one has the driver's device open: the process of that pid here, or else the only
/// one whose innermost pid (NSpid of /proc/PID/status, Documentation/filesystems/proc.rst) it is.
class DevicePids {
 public:
  /// `device_prefix`: how the paths of the driver's nodes begin, "/dev/nvidia".
  DevicePids(SysRoot root, std::string_view device_prefix)
      : root_(std::move(root)), prefix_(device_prefix) {}

  /// `reported` itself when nothing better is found. A pid costs one small read while its process
  /// lives, and a walk over all processes when it is new and not obvious.
  pid_t host_pid(pid_t reported);

 private:
  struct Known {
    pid_t pid = 0;
    std::uint64_t start_ticks = 0;
  };
  enum class Holds { no, yes, cannot_tell };

  Holds holds_device(pid_t pid) const;
  std::uint64_t start_of(pid_t pid) const;
  pid_t find(pid_t reported) const;

  SysRoot root_;
  std::string_view prefix_;
  std::map<pid_t, Known> known_;
};

}  // namespace spillway
