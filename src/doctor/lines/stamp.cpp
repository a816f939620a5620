#include "doctor/lines/stamp.h"

#include <array>
#include <optional>

#include "base/clock.h"
#include "base/text.h"

namespace spillway::doctor {
namespace {

using Line = Stamp::Line;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// `n` digits at `at`; -1 when there are not.
int digits(std::string_view text, std::size_t at, std::size_t n) {
  if (at + n > text.size()) return -1;
  int value = 0;
  for (std::size_t i = at; i < at + n; ++i) {
    if (!is_digit(text[i])) return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

/// Days since 1970-01-01 of the proleptic Gregorian calendar.
std::int64_t days_from_civil(int year, int month, int day) {
  using namespace std::chrono;
  return sys_days(std::chrono::year(year) / std::chrono::month(static_cast<unsigned>(month)) /
                  std::chrono::day(static_cast<unsigned>(day)))
      .time_since_epoch()
      .count();
}

struct Clock {
  double seconds = 0;
  std::size_t length = 0;
};

/// "16:23:33", "16:23:33.123456", "16:23:33,123" at the beginning.
std::optional<Clock> time_of_day(std::string_view text) {
  const int hour = digits(text, 0, 2), minute = digits(text, 3, 2), second = digits(text, 6, 2);
  if (hour < 0 || minute < 0 || second < 0 || text[2] != ':' || text[5] != ':') return std::nullopt;
  if (hour > 23 || minute > 59 || second > 60) return std::nullopt;
  Clock clock{hour * 3600.0 + minute * 60.0 + second, 8};
  if (text.size() > 9 && (text[8] == '.' || text[8] == ',') && is_digit(text[9])) {
    double scale = 0.1;
    for (clock.length = 9; clock.length < text.size() && is_digit(text[clock.length]);
         ++clock.length) {
      clock.seconds += (text[clock.length] - '0') * scale;
      scale /= 10;
    }
  }
  if (clock.length < text.size() && is_digit(text[clock.length])) return std::nullopt;
  return clock;
}

/// "+02:00", "-0500", "Z" at the beginning, in seconds east; 0 without one.
std::pair<double, std::size_t> zone(std::string_view text) {
  if (text.starts_with('Z')) return {0.0, 1};
  if (text.empty() || (text[0] != '+' && text[0] != '-')) return {0.0, 0};
  const bool colon = text.size() > 3 && text[3] == ':';
  const int hours = digits(text, 1, 2), minutes = digits(text, colon ? 4 : 3, 2);
  if (hours < 0 || minutes < 0) return {0.0, 0};
  const double east = hours * 3600.0 + minutes * 60.0;
  return {text[0] == '-' ? -east : east, colon ? 6 : 5};
}

bool is_date(int month, int day) { return month >= 1 && month <= 12 && day >= 1 && day <= 31; }

/// "2026-06-19T16:23:33.1+02:00", "2026/06/19 - 16:23:33".
std::optional<Stamp> full_date(std::string_view text) {
  const int year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  if (year < 1970 || !is_date(month, day) || (text[4] != '-' && text[4] != '/') ||
      text[7] != text[4])
    return std::nullopt;
  std::size_t at = 10;
  if (at < text.size() && text[at] == 'T') {
    ++at;
  } else {
    while (at < text.size() && at < 13 && (text[at] == ' ' || text[at] == '-')) ++at;
  }
  const auto clock = at < text.size() ? time_of_day(text.substr(at)) : std::nullopt;
  if (!clock) return std::nullopt;
  at += clock->length;
  const auto [east, length] = zone(text.substr(at));
  at += length;
  return Stamp{
      Line::wall,
      static_cast<double>(days_from_civil(year, month, day)) * 86400.0 + clock->seconds - east,
      std::string(text.substr(0, at))};
}

Stamp yearless(int month, int day, double clock, std::string_view text) {
  // A leap year: the 29th of February has its place in every one.
  const auto days = days_from_civil(2000, month, day) - days_from_civil(2000, 1, 1);
  return {Line::yearless, static_cast<double>(days) * 86400.0 + clock, std::string(text)};
}

constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// "Jun 19 16:23:33", "Dec  9 21:47:11", with dmesg -T " 2026" behind it.
std::optional<Stamp> month_date(std::string_view text) {
  for (std::size_t i = 0; i < kMonths.size(); ++i) {
    if (!text.starts_with(kMonths[i]) || text.size() < 15 || text[3] != ' ' || text[6] != ' ')
      continue;
    const int month = static_cast<int>(i) + 1;
    const int day = text[4] == ' ' ? digits(text, 5, 1) : digits(text, 4, 2);
    const auto clock = time_of_day(text.substr(7));
    if (!is_date(month, day) || !clock) return std::nullopt;
    const std::size_t end = 7 + clock->length;
    const int year = digits(text, end + 1, 4);
    if (year >= 1970 && end + 5 < text.size() && text[end] == ' ' && text[end + 5] == ']') {
      return Stamp{
          Line::wall,
          static_cast<double>(days_from_civil(year, month, day)) * 86400.0 + clock->seconds,
          std::string(text.substr(0, end + 5))};
    }
    return yearless(month, day, clock->seconds, text.substr(0, end));
  }
  return std::nullopt;
}

/// "03-03 19:38:29".
std::optional<Stamp> short_date(std::string_view text) {
  const int month = digits(text, 0, 2), day = digits(text, 3, 2);
  if (!is_date(month, day) || text.size() < 14 || text[2] != '-' || text[5] != ' ')
    return std::nullopt;
  const auto clock = time_of_day(text.substr(6));
  if (!clock) return std::nullopt;
  return yearless(month, day, clock->seconds, text.substr(0, 6 + clock->length));
}

/// "[   30.745678]".
std::optional<Stamp> uptime(std::string_view text) {
  if (!text.starts_with('[')) return std::nullopt;
  const auto end = text.find(']');
  if (end == std::string_view::npos || end > 24) return std::nullopt;
  const std::string_view number = trimmed(text.substr(1, end - 1));
  if (number.find('.') == std::string_view::npos) return std::nullopt;
  const auto seconds = parse_decimal(number);
  if (!seconds) return std::nullopt;
  return Stamp{Line::boot, *seconds, std::string(number)};
}

/// "6,1234,30745678,-;message".
std::optional<Stamp> kmsg_record(std::string_view text) {
  std::string_view rest = text.substr(0, text.find(';'));
  if (rest.size() == text.size() || rest.size() > 60) return std::nullopt;
  std::optional<std::uint64_t> number;
  for (int i = 0; i < 3; ++i) {
    const auto token = next_token(rest, ',');
    number = token ? parse_u64(*token) : std::nullopt;
    if (!number) return std::nullopt;
  }
  const double seconds = static_cast<double>(*number) / 1e6;
  return Stamp{Line::boot, seconds, std::to_string(seconds)};
}

/// journalctl -o export and json: microseconds since 1970.
std::optional<Stamp> realtime(std::string_view text) {
  constexpr std::string_view kKey = "__REALTIME_TIMESTAMP=";
  if (!text.starts_with(kKey)) return std::nullopt;
  const auto us = parse_u64(text.substr(kKey.size(), 16));
  if (!us) return std::nullopt;
  return Stamp{Line::wall, static_cast<double>(*us) * 1e-6,
               std::string(text.substr(kKey.size(), 16))};
}

/// "3:4" is in every time of day, and in few lines without one.
bool has_clock(std::string_view line) {
  for (auto at = line.find(':'); at != std::string_view::npos; at = line.find(':', at + 1)) {
    if (at > 0 && at + 1 < line.size() && is_digit(line[at - 1]) && is_digit(line[at + 1]))
      return true;
  }
  return false;
}

}  // namespace

Stamp stamp_of(std::string_view line) {
  line = line.substr(0, 160);
  if (auto stamp = realtime(line)) return *stamp;
  if (auto stamp = kmsg_record(line)) return *stamp;
  if (!has_clock(line) && line.find('[') == std::string_view::npos) return {};
  const auto is = [&](std::size_t at, char c) { return at < line.size() && line[at] == c; };
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char c = line[at];
    if (at > 0 && (is_digit(line[at - 1]) || line[at - 1] == '.')) continue;
    const std::string_view text = line.substr(at);
    std::optional<Stamp> stamp;
    if (c == '[') {
      stamp = uptime(text);
    } else if (c >= 'A' && c <= 'S' && is(at + 3, ' ') && is(at + 6, ' ')) {
      stamp = month_date(text);
    } else if (is_digit(c) && (is(at + 4, '-') || is(at + 4, '/'))) {
      stamp = text.size() > 18 ? full_date(text) : std::nullopt;
    } else if (is_digit(c) && is(at + 2, '-')) {
      stamp = short_date(text);
    } else if (is_digit(c) && is(at + 2, ':') && text.size() >= 8) {
      if (const auto clock = time_of_day(text))
        stamp = yearless(1, 1, clock->seconds, text.substr(0, clock->length));
    }
    if (stamp) return *stamp;
  }
  return {};
}

std::string moment(const Stamp& stamp) {
  if (stamp.line != Stamp::Line::wall || stamp.seconds > 9e9) return stamp.text;
  return to_rfc3339(WallTime{static_cast<std::int64_t>(stamp.seconds * 1e3) * 1'000'000});
}

}  // namespace spillway::doctor
