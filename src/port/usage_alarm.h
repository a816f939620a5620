#pragma once

#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/fd.h"
#include "port/sys_root.h"

namespace spillway {

/// Memory thresholds of a v1 cgroup (Documentation/admin-guide/cgroup-v1/memory.rst, section 9):
/// an eventfd that becomes readable whenever memory.usage_in_bytes, page cache included, crosses one
/// of them in either direction. Closing unregisters them all. (v2 needs none of this: poll(2) with
/// POLLPRI on memory.events, cgroup-v2.rst.)
class UsageAlarm {
 public:
  /// `directory` as SysRoot sees it. unsupported where event_control is not the kernel's.
  static Result<UsageAlarm> arm(const SysRoot& root, std::string_view directory,
                                std::span<const Bytes> thresholds);

  /// Readable (POLLIN) after a crossing, until quieten().
  int fd() const { return event_.get(); }
  void quieten() const;

 private:
  explicit UsageAlarm(UniqueFd event) : event_(std::move(event)) {}

  UniqueFd event_;
};

}  // namespace spillway
