#pragma once

#include <string_view>

#include "base/fd.h"
#include "base/time.h"
#include "port/sys_root.h"

namespace spillway {

/// A PSI trigger (Documentation/accounting/psi.rst, "Monitoring for pressure thresholds"): the
/// kernel raises POLLPRI on fd() at most once per window when tasks were stalled for longer than
/// asked. Nothing is to be read; POLLERR means that the cgroup is gone. Closing removes it.
class PsiTrigger {
 public:
  /// Arms "some STALL WINDOW" on /proc/pressure/memory or a cgroup's memory.pressure, `stall` being
  /// meant per second of window. The window is 1 s where that is allowed (CAP_SYS_RESOURCE), else
  /// 2 s (anybody since Linux 6.4); else an error says why there is none. Does not block.
  static Result<PsiTrigger> arm(const SysRoot& root, std::string_view path, Duration stall);

  int fd() const { return fd_.get(); }
  Duration window() const { return window_; }

 private:
  PsiTrigger(UniqueFd fd, Duration window) : fd_(std::move(fd)), window_(window) {}

  UniqueFd fd_;
  Duration window_;
};

}  // namespace spillway
