#include "doctor/lines/scan.h"

#include <array>
#include <cmath>
#include <cstring>
#include <string>

#include "base/text.h"

namespace spillway::doctor {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && (text[0] == ' ' || text[0] == '\t' || text[0] == '\n' || text[0] == '\r'))
    text.remove_prefix(1);
  return text;
}

struct Unit {
  std::string_view name;
  double bytes;
};
// Longer names first: "G" begins "GiB".
constexpr std::array kUnits{
    Unit{"bytes", 1.0},  Unit{"Bytes", 1.0},  Unit{"byte", 1.0},   Unit{"TiB", 0x1p40},
    Unit{"GiB", 0x1p30}, Unit{"MiB", 0x1p20}, Unit{"KiB", 0x1p10}, Unit{"kiB", 0x1p10},
    Unit{"TB", 0x1p40},  Unit{"GB", 0x1p30},  Unit{"MB", 0x1p20},  Unit{"KB", 0x1p10},
    Unit{"kB", 0x1p10},  Unit{"T", 0x1p40},   Unit{"G", 0x1p30},   Unit{"M", 0x1p20},
    Unit{"K", 0x1p10},   Unit{"k", 0x1p10},   Unit{"B", 1.0}};

bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/// Length of a decimal number with separating commas.
std::size_t number_length(std::string_view text) {
  std::size_t n = 0;
  bool point = false;
  while (n < text.size() &&
         (is_digit(text[n]) ||
          (!point && text[n] == '.' && n + 1 < text.size() && is_digit(text[n + 1])) ||
          (n > 0 && text[n] == ',' && n + 1 < text.size() && is_digit(text[n + 1])))) {
    point = point || text[n] == '.';
    ++n;
  }
  return n;
}

std::optional<double> number_of(std::string_view text) {
  if (text.find(',') == std::string_view::npos) return parse_decimal(text);
  std::string plain;
  for (const char c : text) {
    if (c != ',') plain += c;
  }
  return parse_decimal(plain);
}

}  // namespace

std::size_t position(std::string_view text, std::string_view mark, std::size_t from) {
  constexpr std::uint64_t kEach = 0x0101010101010101, kHigh = kEach * 0x80;
  if (mark.size() < 2 || text.size() < mark.size()) return text.find(mark, from);
  const char* const at = text.data();
  const std::size_t last = mark.size() - 1, places = text.size() - last;
  const std::uint64_t first_byte = kEach * static_cast<unsigned char>(mark[0]);
  const std::uint64_t last_byte = kEach * static_cast<unsigned char>(mark[last]);
  std::size_t i = from;
  for (; i + sizeof kEach <= places; i += sizeof kEach) {
    std::uint64_t begins = 0, ends = 0;
    std::memcpy(&begins, at + i, sizeof begins);
    std::memcpy(&ends, at + i + last, sizeof ends);
    // A byte of `other` is zero where both agree; more bytes may be marked above such a one.
    const std::uint64_t other = (begins ^ first_byte) | (ends ^ last_byte);
    if (((other - kEach) & ~other & kHigh) == 0) continue;
    for (std::size_t k = i; k < i + sizeof kEach; ++k) {
      if (at[k] == mark[0] && std::memcmp(at + k, mark.data(), mark.size()) == 0) return k;
    }
  }
  for (; i < places; ++i) {
    if (at[i] == mark[0] && std::memcmp(at + i, mark.data(), mark.size()) == 0) return i;
  }
  return std::string_view::npos;
}

bool has(std::string_view text, std::string_view mark) {
  return position(text, mark) != std::string_view::npos;
}

std::optional<std::string_view> after(std::string_view text, std::string_view mark) {
  const auto at = position(text, mark);
  if (at == std::string_view::npos) return std::nullopt;
  return text.substr(at + mark.size());
}

std::string_view before(std::string_view text, std::string_view mark) {
  return text.substr(0, position(text, mark));
}

std::optional<std::string_view> between(std::string_view text, std::string_view open,
                                        std::string_view close) {
  const auto rest = after(text, open);
  if (!rest) return std::nullopt;
  const auto end = position(*rest, close);
  if (end == std::string_view::npos) return std::nullopt;
  return rest->substr(0, end);
}

std::optional<std::int64_t> leading_integer(std::string_view text) {
  text = without_blanks(text);
  std::array<char, 40> digits{};
  std::size_t n = 0;
  for (std::size_t i = 0; i < text.size() && i < digits.size(); ++i) {
    const bool separator = text[i] == ',' && i > 0 && i + 1 < text.size() && is_digit(text[i + 1]);
    if (!is_digit(text[i]) && !separator) break;
    if (!separator) digits[n++] = text[i];
  }
  return parse_i64({digits.data(), n});
}

std::optional<std::int64_t> integer_after(std::string_view text, std::string_view mark) {
  const auto rest = after(text, mark);
  return rest ? leading_integer(*rest) : std::nullopt;
}

std::optional<double> leading_decimal(std::string_view text) {
  text = without_blanks(text);
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const auto value = number_of(text.substr(0, number_length(text)));
  if (!value) return std::nullopt;
  return negative ? -*value : *value;
}

std::optional<double> leading_amount(std::string_view text, double bare) {
  text = without_blanks(text);
  const std::size_t length = number_length(text);
  const auto value = number_of(text.substr(0, length));
  if (!value) return std::nullopt;
  const std::string_view rest = without_blanks(text.substr(length));
  for (const Unit& unit : kUnits) {
    if (rest.empty() || rest[0] != unit.name[0] || !rest.starts_with(unit.name)) continue;
    if (rest.size() > unit.name.size() && is_word(rest[unit.name.size()])) continue;
    return *value * unit.bytes;
  }
  if (bare <= 0) return std::nullopt;
  return *value * bare;
}

std::optional<double> amount_after(std::string_view text, std::string_view mark, double bare) {
  const auto rest = after(text, mark);
  return rest ? leading_amount(*rest, bare) : std::nullopt;
}

std::optional<double> amount_before(std::string_view text, std::string_view mark) {
  const auto end = position(text, mark);
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view head = text.substr(0, end);
  const auto last = head.find_last_not_of(" \t\n\r");
  if (last == std::string_view::npos) return std::nullopt;
  head = head.substr(0, last + 1);
  // Back over the unit, then over the number.
  std::size_t at = head.size();
  while (at > 0 && is_word(head[at - 1]) && !is_digit(head[at - 1])) --at;
  while (at > 0 && (head[at - 1] == ' ' || head[at - 1] == '\n' || head[at - 1] == '\t')) --at;
  while (at > 0 && (is_digit(head[at - 1]) || head[at - 1] == '.' || head[at - 1] == ',')) --at;
  while (at < head.size() && !is_digit(head[at])) ++at;
  return leading_amount(head.substr(at));
}

Bytes rounded(double bytes) { return scaled(Bytes{1}, std::floor(bytes + 0.5)); }

std::optional<Bytes> rounded(std::optional<double> bytes) {
  if (!bytes) return std::nullopt;
  return rounded(*bytes);
}

}  // namespace spillway::doctor
