#include "base/text.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdlib>

namespace spillway {
namespace {

template <class T>
std::optional<T> parse_whole(std::string_view text) {
  T value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

/// In the C locale. By hand: find_first_of() calls memchr() for each byte.
bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::size_t past_blanks(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && is_blank(text[at])) ++at;
  return at;
}

}  // namespace

std::optional<std::uint64_t> parse_u64(std::string_view text) {
  return parse_whole<std::uint64_t>(text);
}

std::optional<std::int64_t> parse_i64(std::string_view text) {
  return parse_whole<std::int64_t>(text);
}

// By hand: std::from_chars for fractions would put 25 KiB of tables into every host program. As exact
// as a double can be up to 15 digits, which is more than people write.
std::optional<double> parse_decimal(std::string_view text) {
  constexpr std::uint64_t kFull = 100'000'000'000'000'000;  // another digit would still fit
  std::uint64_t digits = 0;
  int exponent = 0;
  bool point = false;
  bool any = false;
  for (const char c : text) {
    if (c == '.' && !point) {
      point = true;
    } else if (c < '0' || c > '9') {
      return std::nullopt;
    } else {
      any = true;
      if (digits < kFull) {
        digits = digits * 10 + static_cast<std::uint64_t>(c - '0');
        exponent -= point ? 1 : 0;
      } else {
        exponent += point ? 0 : 1;
      }
    }
  }
  double scale = 1;
  for (int i = 0; i < std::abs(exponent) && std::isfinite(scale); ++i) scale *= 10;
  const auto whole = static_cast<double>(digits);
  const double value = exponent < 0 ? whole / scale : whole * scale;
  if (!any || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(past_blanks(text));
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<std::string_view> next_token(std::string_view& rest, char separator) {
  if (rest.empty()) return std::nullopt;
  const auto end = rest.find(separator);
  const std::string_view token = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  return token;
}

std::optional<std::string_view> next_word(std::string_view& rest) {
  rest.remove_prefix(past_blanks(rest));
  if (rest.empty()) return std::nullopt;
  std::size_t end = 0;
  while (end < rest.size() && !is_blank(rest[end])) ++end;
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(end);
  return word;
}

bool matches(std::string_view pattern, std::string_view text) {
  // Greedy with one point to go back to: linear in practice, no recursion on hostile patterns.
  std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::string percent(double share) {
  const double value = share * 100;
  return fmt::format("{:.{}f} %", value, std::abs(value) < 9.95 && value != 0 ? 1 : 0);
}

}  // namespace spillway
