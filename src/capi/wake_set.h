#pragma once

#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "base/time.h"
#include "sense/sensor.h"

namespace spillway {

/// One descriptor for everything that may call for a look before its time: the engine's, the
/// sensors' and a kick of one's own. One thread at a time, except kick() and fd().
class WakeSet {
 public:
  /// `engine_fd` is an eventfd that somebody else owns and empties.
  static Result<WakeSet> open(int engine_fd);

  /// Readable when wait() would return at once.
  int fd() const { return epoll_.get(); }
  /// Ends the wait that runs or comes next. Any thread.
  void kick() const;
  /// The sensors' event sources from now on.
  void watch(const std::vector<WakeFd>& sensors);
  /// Waits for at most `time`; true when a sensor's source fired.
  bool wait(Duration time);

 private:
  UniqueFd epoll_, kick_;
  int engine_fd_ = -1;
  std::vector<WakeFd> sensors_;
};

}  // namespace spillway
