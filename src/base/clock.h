#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace spillway {

/// The only source of time. Any thread. Tests hand in tests/support/fake_clock.h.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;
  virtual WallTime wall() const = 0;
};

/// CLOCK_MONOTONIC and CLOCK_REALTIME.
class SystemClock final : public Clock {
 public:
  TimePoint now() const override;
  WallTime wall() const override;
};

/// RFC 3339 in UTC with milliseconds: "2026-11-20T16:20:00.123Z".
std::string to_rfc3339(WallTime time);
/// Reads RFC 3339 with "Z" or an offset and up to nine decimals; years 1678 to 2261.
Result<WallTime> parse_rfc3339(std::string_view text);

/// "90s", "1.5s", "250ms", "10m", "8d"; a bare number is seconds. Errors as parse_bytes.
Result<Duration> parse_duration(std::string_view text);

}  // namespace spillway
