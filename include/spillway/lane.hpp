#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

namespace spillway {
inline namespace v0 {

/// Thrown to the one too many: nothing was started on its behalf.
class LaneFull : public std::runtime_error {
 public:
  LaneFull(std::size_t running, std::size_t waiting)
      : std::runtime_error("the lane is full: " + std::to_string(running) + " running, " +
                           std::to_string(waiting) + " waiting; try again later") {}
};

/// Bounded concurrency for one model, with a bounded queue in the order of arrival: one synthesis
/// at a time, no overlap, and a clear refusal instead of a hundred requests in memory at once.
class Lane {
 public:
  /// `width` requests run at once, `queue` more wait.
  explicit Lane(std::size_t width = 1, std::size_t queue = 8) : width_(width), queue_(queue) {}

  /// Waits for its turn, then calls fn() and returns what it returns. Throws LaneFull, and what fn
  /// throws. Any thread; fn must not run() on the same lane.
  template <class F>
  decltype(auto) run(F&& fn) {
    const Turn turn(*this);
    return std::forward<F>(fn)();
  }

  std::size_t running() const {
    const std::lock_guard lock(mutex_);
    return running_;
  }
  std::size_t waiting() const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(last_ticket_ - next_turn_);
  }

 private:
  struct Turn {
    explicit Turn(Lane& in) : lane(in) { lane.enter(); }
    ~Turn() { lane.leave(); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    Lane& lane;
  };

  void enter() {
    std::unique_lock lock(mutex_);
    const auto waiting = static_cast<std::size_t>(last_ticket_ - next_turn_);
    if (running_ + waiting >= width_ + queue_) throw LaneFull(running_, waiting);
    const std::uint64_t ticket = last_ticket_++;
    turn_.wait(lock, [&] { return ticket == next_turn_ && running_ < width_; });
    ++next_turn_;
    ++running_;
    turn_.notify_all();
  }
  void leave() {
    const std::lock_guard lock(mutex_);
    --running_;
    turn_.notify_all();
  }

  const std::size_t width_, queue_;
  mutable std::mutex mutex_;
  std::condition_variable turn_;
  std::uint64_t last_ticket_ = 0;  // given to the next to come
  std::uint64_t next_turn_ = 0;    // whose turn is next
  std::size_t running_ = 0;
};

}  // namespace v0
}  // namespace spillway
