#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <mutex>
#include <utility>

#include "spillway/follow.hpp"

namespace spillway {
inline namespace v0 {

/// How large a batch may be: halved when memory gets shorter or a batch did not fit, one more after
/// each calm interval at the normal level. Any thread.
class BatchGovernor {
 public:
  using Clock = std::chrono::steady_clock;
  struct Options {
    std::size_t largest = 32;
    std::size_t smallest = 1;
    std::chrono::milliseconds calm = std::chrono::seconds(10);
    std::function<Clock::time_point()> now = [] { return Clock::now(); };
  };

  explicit BatchGovernor(Options options)
      : options_(std::move(options)), size_(options_.largest), since_(options_.now()) {}

  /// Follows the manager's level from now on. The manager must outlive it.
  void follow(MemoryManager& manager) {
    following_ = Following(manager, [this](Level level) { at(level); });
  }

  std::size_t size() {
    const std::lock_guard lock(mutex_);
    grow();
    return size_;
  }
  /// A batch ran out of memory: the next is half as large.
  void failed() {
    const std::lock_guard lock(mutex_);
    halve();
  }
  void at(Level level) {
    const std::lock_guard lock(mutex_);
    grow();
    if (level > level_) halve();
    level_ = level;
    since_ = options_.now();
  }

 private:
  void halve() {
    size_ = std::max(options_.smallest, size_ / 2);
    since_ = options_.now();
  }
  void grow() {
    if (level_ != Level::normal || options_.calm.count() <= 0) return;
    const auto now = options_.now();
    const auto intervals = (now - since_) / options_.calm;
    if (intervals <= 0) return;
    size_ = std::min(options_.largest, size_ + static_cast<std::size_t>(intervals));
    since_ += intervals * options_.calm;
  }

  const Options options_;
  std::mutex mutex_;
  std::size_t size_;
  Level level_ = Level::normal;
  Clock::time_point since_;
  Following following_;
};

}  // namespace v0
}  // namespace spillway
