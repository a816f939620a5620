#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "base/fd.h"

namespace spillway {

/// An eventfd that says "come and look". Any thread; never blocks; costs no call where nobody signalled.
class WakeEvent {
 public:
  WakeEvent() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  int fd() const { return fd_.get(); }
  void signal() {
    const std::uint64_t one = 1;
    signalled_ = true;  // before the write: who is woken by it finds this
    [[maybe_unused]] const ssize_t n = write(fd_.get(), &one, sizeof one);
    signalled_ = true;  // after it: a clear() between the two read nothing, and is made up for
  }
  /// Whether anybody had signalled since the last time.
  bool clear() {
    if (!signalled_.exchange(false)) return false;
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t n = read(fd_.get(), &count, sizeof count);
    return true;
  }

 private:
  UniqueFd fd_;
  std::atomic<bool> signalled_ = false;
};

}  // namespace spillway
