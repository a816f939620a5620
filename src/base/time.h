#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace spillway {

using namespace std::chrono_literals;  // 10ms, 2s: used in every policy and test

using Duration = std::chrono::nanoseconds;

/// The monotonic time line of this boot (CLOCK_MONOTONIC). It has no now(): pure code is handed its
/// moment; only base/clock.h, which pure folders may not include, can ask what time it is.
struct Monotonic {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Monotonic, duration>;
  static constexpr bool is_steady = true;
};
using TimePoint = Monotonic::time_point;

/// Wall-clock time, nanoseconds since 1970 UTC: for people and records only, never for arithmetic.
struct WallTime {
  std::int64_t unix_ns = 0;
  friend constexpr auto operator<=>(WallTime, WallTime) = default;
};

constexpr double seconds(Duration d) { return std::chrono::duration<double>(d).count(); }
/// Saturates (a pool that fills in 10^12 s is never full); NaN is zero.
constexpr Duration from_seconds(double s) {
  if (s != s) return Duration::zero();
  if (s * 1e9 >= 0x1p63) return Duration::max();
  if (s * 1e9 < -0x1p63) return Duration::min();
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(s));
}

/// "250 ms", "1.5 s", "10 min", "8 d".
std::string to_string(Duration duration);

}  // namespace spillway
