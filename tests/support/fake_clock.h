#pragma once

#include <atomic>

#include "base/clock.h"

namespace spillway::support {

/// Time that passes only when told to. Starts at one hour after boot, so that a test which forgets to
/// set a moment (0) is seen. Advanced by one thread, read by any.
class FakeClock final : public Clock {
 public:
  TimePoint now() const override { return TimePoint{1h} + passed_.load(); }
  WallTime wall() const override {
    return {1'790'000'000'000'000'000 + passed_.load().count()};  // from 2026-09-21T14:13:20Z
  }

  void advance(Duration by) { passed_ = passed_.load() + by; }

 private:
  std::atomic<Duration> passed_ = Duration{};
};

}  // namespace spillway::support
