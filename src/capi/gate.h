#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <set>

#include "base/result.h"
#include "base/time.h"

namespace spillway {

/// Keeps a tenant's requests (shared) and moves (exclusive) apart. A move that waits holds new
/// requests back, so that a steady load cannot starve it; a thread that is inside already may enter
/// again, so that nested requests cannot lock each other out. Any thread. Made with make_shared:
/// the threads inside of it keep it.
class Gate : public std::enable_shared_from_this<Gate> {
 public:
  Gate() = default;
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  /// Begins a request; waits while a move waits or runs. Errc::timed_out when that move hangs: it is
  /// past its deadline.
  Status enter();
  /// Ends a request. On the thread that began it: elsewhere the nesting rule misses it.
  void leave();

  /// Begins a move: waits until no request is inside. Errc::timed_out after `deadline`;
  /// Errc::unavailable at once when a request inside itself waits for memory, for then neither would
  /// ever end; Errc::unavailable while another move is at it.
  Status begin_move(TimePoint deadline);
  /// Ends it and tells the longest that a request had to wait for it.
  Duration end_move();

  bool busy() const;

  /// While it lives, the requests that this thread is inside of wait for memory (see begin_move).
  class Starving {
   public:
    Starving();
    ~Starving();
    Starving(const Starving&) = delete;
    Starving& operator=(const Starving&) = delete;
  };

 private:
  bool inside() const;
  void starve(int change);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  int requests_ = 0;
  int starving_ = 0;
  std::optional<TimePoint> move_until_;  // a move waits or runs, and should have ended by then
  std::multiset<TimePoint> held_back_;   // since when; one per request that waits
};

}  // namespace spillway
