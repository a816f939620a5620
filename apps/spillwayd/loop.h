#pragma once

#include <functional>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "base/time.h"
#include "sense/sensor.h"

namespace spillway {

/// epoll(7) for one thread: a few descriptors of our own for the life of the loop, and the sensors'
/// event sources, which come and go.
class Loop {
 public:
  static Result<Loop> open();

  /// Calls `ready` from wait() when `fd` is readable.
  Status watch(int fd, std::function<void()> ready);
  /// Makes the sensors' sources these. They are watched edge-triggered: one that stays in an error
  /// state tells once and does not spin.
  void watch_sources(const std::vector<WakeFd>& sources);

  /// Sleeps until a descriptor is ready or `deadline`, and calls what is due. True when one of the
  /// sensors' sources told something.
  bool wait(TimePoint now, TimePoint deadline);

 private:
  explicit Loop(UniqueFd epoll) : epoll_(std::move(epoll)) {}

  UniqueFd epoll_;
  std::vector<std::function<void()>> ready_;
  std::vector<WakeFd> sources_;
};

}  // namespace spillway
