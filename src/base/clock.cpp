#include "base/clock.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
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

bool follows(std::string_view pattern, std::string_view text) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const bool digit = i < text.size() && text[i] >= '0' && text[i] <= '9';
    if (i >= text.size() || (pattern[i] == 'd' ? !digit : text[i] != pattern[i])) return false;
  }
  return true;
}

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

Result<WallTime> parse_rfc3339(std::string_view text) {
  const auto malformed = [&] {
    return fail(Errc::invalid, "not a time", std::string(text),
                "write RFC 3339, for example 2026-11-20T16:20:00Z");
  };
  // A digit where the pattern has 'd', else the very character.
  constexpr std::string_view kPattern = "dddd-dd-ddTdd:dd:dd";
  if (text.size() <= kPattern.size() || !follows(kPattern, text)) return malformed();
  const auto number = [&](std::size_t at, std::size_t length) {
    return static_cast<int>(parse_u64(text.substr(at, length)).value_or(0));
  };
  using namespace std::chrono;
  const year_month_day day{year(number(0, 4)), month(static_cast<unsigned>(number(5, 2))),
                           std::chrono::day(static_cast<unsigned>(number(8, 2)))};
  const hours hour(number(11, 2));
  const minutes minute(number(14, 2));
  const std::chrono::seconds second(number(17, 2));
  if (!day.ok() || day.year() < year(1678) || day.year() > year(2261) || hour >= 24h ||
      minute >= 60min || second >= 60s) {
    return malformed();
  }

  std::string_view rest = text.substr(kPattern.size());
  nanoseconds fraction{};
  if (rest.front() == '.') {
    const std::size_t end = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
    std::string digits(rest.substr(1, end - 1));
    if (digits.empty() || digits.size() > 9) return malformed();
    digits.resize(9, '0');
    fraction = nanoseconds(parse_i64(digits).value_or(0));
    rest.remove_prefix(end);
  }
  minutes offset{};
  if (rest.size() == 6 && (rest[0] == '+' || rest[0] == '-') && follows("dd:dd", rest.substr(1))) {
    const auto part = [&](std::size_t at) {
      return static_cast<int>(parse_u64(rest.substr(at, 2)).value_or(0));
    };
    offset = hours(part(1)) + minutes(part(4));
    if (rest[0] == '-') offset = -offset;
  } else if (rest != "Z") {
    return malformed();
  }
  const nanoseconds whole = sys_days(day).time_since_epoch() + hour + minute + second - offset;
  return WallTime{(whole + fraction).count()};
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
  struct Step {
    double below;  // seconds, after rounding to three digits
    double unit;
    const char* name;
  };
  constexpr std::array kSteps{Step{0.9995e-3, 1e-6, "us"}, Step{0.9995, 1e-3, "ms"},
                              Step{119.5, 1, "s"},         Step{7170, 60, "min"},
                              Step{172'620, 3600, "h"},    Step{1e30, 86400, "d"}};
  const double s = std::abs(seconds(duration));
  if (s == 0) return "0 s";
  const char* sign = duration < Duration::zero() ? "-" : "";
  for (const Step& step : kSteps) {
    if (s >= step.below) continue;
    const double value = s / step.unit;
    // {:.3g} would write 1234 as 1.23e+03.
    return value < 999.5 ? fmt::format("{}{:.3g} {}", sign, value, step.name)
                         : fmt::format("{}{:.0f} {}", sign, value, step.name);
  }
  return "0 s";
}

}  // namespace spillway
