#pragma once

#include <cstdint>
#include <deque>

#include "base/time.h"

namespace spillway {

/// Counts the memory errors of one tenant: `limit` of them within `window` and it has fallen back
/// to the CPU, until reset(). Not thread-safe.
class ErrorLedger {
 public:
  ErrorLedger(int limit, Duration window) : limit_(limit), window_(window) {}

  /// One more. Returns whether it has fallen back, by this one or before.
  bool add(TimePoint now) {
    ++total_;
    if (fallen_back_) return true;
    while (!recent_.empty() && now - recent_.front() > window_) recent_.pop_front();
    recent_.push_back(now);
    if (recent_.size() >= static_cast<std::size_t>(limit_)) {
      fallen_back_ = true;
      recent_.clear();
    }
    return fallen_back_;
  }

  void reset() {
    fallen_back_ = false;
    recent_.clear();
  }

  bool fallen_back() const { return fallen_back_; }
  std::uint64_t total() const { return total_; }  // since registered, resets included

 private:
  int limit_;
  Duration window_;
  std::deque<TimePoint> recent_;  // fewer than limit_
  std::uint64_t total_ = 0;
  bool fallen_back_ = false;
};

}  // namespace spillway
