#include "base/bytes.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "base/text.h"

namespace spillway {
namespace {

struct Unit {
  std::string_view suffix;  // lower case
  double bytes;
};

constexpr double kKi = 1024;
constexpr double kMi = 1024 * kKi;
constexpr double kGi = 1024 * kMi;
constexpr double kTi = 1024 * kGi;
constexpr double kPi = 1024 * kTi;
constexpr std::array kUnits{
    Unit{"", 1},      Unit{"b", 1},     Unit{"k", kKi},   Unit{"kib", kKi}, Unit{"kb", 1e3},
    Unit{"m", kMi},   Unit{"mib", kMi}, Unit{"mb", 1e6},  Unit{"g", kGi},   Unit{"gib", kGi},
    Unit{"gb", 1e9},  Unit{"t", kTi},   Unit{"tib", kTi}, Unit{"tb", 1e12}, Unit{"p", kPi},
    Unit{"pib", kPi}, Unit{"pb", 1e15},
};

}  // namespace

std::string to_string(Bytes bytes) {
  constexpr std::array kNames{"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  double value = std::abs(static_cast<double>(bytes.count));
  std::size_t unit = 0;
  while (value >= 1023.5 && unit + 1 < kNames.size()) {
    value /= kKi;
    ++unit;
  }
  const char* sign = bytes.count < 0 ? "-" : "";
  // Three significant digits, but no trailing ".0" noise on whole amounts.
  const int decimals = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  std::string digits = fmt::format("{:.{}f}", value, decimals);
  if (decimals > 0) {
    digits.erase(digits.find_last_not_of('0') + 1);
    if (digits.back() == '.') digits.pop_back();
  }
  return fmt::format("{}{} {}", sign, digits, kNames[unit]);
}

Result<Bytes> parse_bytes(std::string_view text) {
  const std::string_view body = trimmed(text);
  const std::size_t digits = body.find_first_not_of("0123456789.");
  const auto number = parse_decimal(body.substr(0, digits));
  std::string unit(digits == std::string_view::npos ? "" : trimmed(body.substr(digits)));
  for (char& c : unit) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  for (const Unit& known : kUnits) {
    if (!number || known.suffix != unit) continue;
    const double value = *number * known.bytes;
    if (value > 0x1p62) break;
    return Bytes{static_cast<std::int64_t>(value)};
  }
  return fail(Errc::invalid, "not an amount of memory", std::string(text),
              "write for example 512MiB, 1.5GiB or 2GB");
}

}  // namespace spillway
