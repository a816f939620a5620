// Amounts, durations, times and patterns, as people and other programs write them (src/base).

#include "base/bytes.h"
#include "base/clock.h"
#include "base/text.h"
#include "tests/fuzz/fuzz.h"

namespace spillway::fuzz {
namespace {

constexpr double kRounded = 0.01;  // three digits are left in a text for people

bool near(double a, double b) {
  const double apart = a > b ? a - b : b - a;
  return apart <= kRounded * (a > b ? a : b);
}

void amounts(std::string_view text) {
  if (const auto bytes = parse_bytes(text)) {
    must(*bytes >= Bytes{} && *bytes <= Bytes{std::int64_t{1} << 62});
    const auto again = parse_bytes(to_string(*bytes));
    must(again && near(static_cast<double>(again->count), static_cast<double>(bytes->count)));
  }
  if (const auto duration = parse_duration(text)) {
    must(*duration >= Duration::zero());
    (void)to_string(*duration);
  }
  if (const auto time = parse_rfc3339(text)) {
    constexpr std::int64_t kMillisecond = 1'000'000;
    const auto again = parse_rfc3339(to_rfc3339(*time));
    must(again && *again <= *time && time->unix_ns - again->unix_ns < kMillisecond);
  }
  if (const auto number = parse_u64(text)) must(parse_u64(std::to_string(*number)) == number);
  if (const auto number = parse_i64(text)) must(parse_i64(std::to_string(*number)) == number);
  if (const auto number = parse_decimal(text)) (void)percent(*number);

  const std::string_view pattern = text.substr(0, text.find('\n'));
  (void)matches(pattern, text.substr(pattern.size()));
  must(pattern.find('*') != std::string_view::npos || matches(pattern, pattern));
  std::string_view rest = text;
  while (const auto word = next_word(rest)) must(!word->empty() && trimmed(*word) == *word);
}

}  // namespace
}  // namespace spillway::fuzz

SPILLWAY_FUZZ(spillway::fuzz::amounts)
