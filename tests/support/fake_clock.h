#pragma once

#include "base/clock.h"

namespace spillway::support {

/// Time that passes only when told to. Starts at one hour after boot, so that a test which forgets to
/// set a moment (0) is seen. Not thread-safe.
class FakeClock final : public Clock {
 public:
  TimePoint now() const override { return now_; }
  WallTime wall() const override { return wall_; }

  void advance(Duration by) {
    now_ += by;
    wall_.unix_ns += by.count();
  }

 private:
  TimePoint now_{1h};
  WallTime wall_{1'790'000'000'000'000'000};  // 2026-09-21T14:13:20Z
};

}  // namespace spillway::support
