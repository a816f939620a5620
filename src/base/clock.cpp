#include "base/clock.h"

#include <fmt/format.h>
#include <time.h>

#include <array>
#include <cmath>

#include "base/text.h"

namespace spillway {
namespace {

std::int64_t read_clock(clockid_t id) {
  timespec ts{};
  clock_gettime(id, &ts);
  return ts.tv_sec * 1'000'000'000LL + ts.tv_nsec;
}

struct Unit {
  std::string_view suffix;
  double seconds;
};
constexpr std::array kUnits{Unit{"ms", 1e-3}, Unit{"s", 1},    Unit{"", 1},     Unit{"m", 60},
                            Unit{"min", 60},  Unit{"h", 3600}, Unit{"d", 86400}};

}  // namespace

TimePoint SystemClock::now() const { return TimePoint(Duration(read_clock(CLOCK_MONOTONIC))); }
WallTime SystemClock::wall() const { return {read_clock(CLOCK_REALTIME)}; }

std::string to_rfc3339(WallTime time) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  time_t whole = time.unix_ns / kSecond;
  std::int64_t rest = time.unix_ns % kSecond;
  if (rest < 0) {
    rest += kSecond;
    --whole;
  }
  tm utc{};
  gmtime_r(&whole, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900,
                     utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                     rest / 1'000'000);
}

Result<Duration> parse_duration(std::string_view text) {
  const std::string_view body = trimmed(text);
  const std::size_t digits = body.find_first_not_of("0123456789.");
  const auto number = parse_decimal(body.substr(0, digits));
  const std::string_view unit =
      digits == std::string_view::npos ? std::string_view{} : trimmed(body.substr(digits));
  for (const Unit& known : kUnits) {
    if (!number || known.suffix != unit) continue;
    if (*number * known.seconds > 1e9) break;  // thirty years; beyond, nanoseconds overflow
    return from_seconds(*number * known.seconds);
  }
  return fail(Errc::invalid, "not a length of time", std::string(text),
              "write for example 250ms, 10s, 5m or 8d");
}

std::string to_string(Duration duration) {
  const double s = std::abs(seconds(duration));
  const char* sign = duration < Duration::zero() ? "-" : "";
  if (s < 1e-3) return fmt::format("{}{:.0f} us", sign, s * 1e6);
  if (s < 1) return fmt::format("{}{:.3g} ms", sign, s * 1e3);
  if (s < 120) return fmt::format("{}{:.3g} s", sign, s);
  if (s < 7200) return fmt::format("{}{:.3g} min", sign, s / 60);
  if (s < 172800) return fmt::format("{}{:.3g} h", sign, s / 3600);
  return fmt::format("{}{:.3g} d", sign, s / 86400);
}

}  // namespace spillway
