#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "base/result.h"

namespace spillway {

/// An amount of memory, or the difference of two amounts (hence signed). A strong type, so that a
/// percentage, a page count or a KiB figure from /proc cannot be passed where bytes are meant.
/// Sums saturate: amounts come from guests too, and a lie must not become undefined behaviour.
struct Bytes {
  std::int64_t count = 0;

  friend constexpr auto operator<=>(Bytes, Bytes) = default;
  friend constexpr Bytes operator+(Bytes a, Bytes b) {
    std::int64_t sum = 0;
    return __builtin_add_overflow(a.count, b.count, &sum) ? limit(a.count < 0) : Bytes{sum};
  }
  friend constexpr Bytes operator-(Bytes a, Bytes b) {
    std::int64_t difference = 0;
    return __builtin_sub_overflow(a.count, b.count, &difference) ? limit(a.count < 0)
                                                                 : Bytes{difference};
  }
  friend constexpr Bytes operator-(Bytes a) { return Bytes{} - a; }
  constexpr Bytes& operator+=(Bytes b) { return *this = *this + b; }
  constexpr Bytes& operator-=(Bytes b) { return *this = *this - b; }

  static constexpr Bytes limit(bool negative) {
    return {negative ? std::numeric_limits<std::int64_t>::min()
                     : std::numeric_limits<std::int64_t>::max()};
  }
};

/// `share` of `whole`, rounded towards zero; share may exceed 1. Saturates; 0 when share is NaN.
constexpr Bytes scaled(Bytes whole, double share) {
  const double product = static_cast<double>(whole.count) * share;
  if (product != product) return {};
  if (product >= 0x1p63 || product < -0x1p63) return Bytes::limit(product < 0);
  return {static_cast<std::int64_t>(product)};
}

/// part / whole; 0 when whole is not positive.
constexpr double ratio(Bytes part, Bytes whole) {
  return whole.count > 0 ? static_cast<double>(part.count) / static_cast<double>(whole.count) : 0.0;
}

inline namespace literals {
constexpr Bytes operator""_B(unsigned long long n) { return {static_cast<std::int64_t>(n)}; }
constexpr Bytes operator""_KiB(unsigned long long n) {
  return {static_cast<std::int64_t>(n) << 10};
}
constexpr Bytes operator""_MiB(unsigned long long n) {
  return {static_cast<std::int64_t>(n) << 20};
}
constexpr Bytes operator""_GiB(unsigned long long n) {
  return {static_cast<std::int64_t>(n) << 30};
}
constexpr Bytes operator""_GiB(long double n) {
  return {static_cast<std::int64_t>(n * static_cast<long double>(1LL << 30))};
}
}  // namespace literals

/// "0 B", "512 KiB", "1.5 GiB": binary units, three significant digits at most, sign kept.
std::string to_string(Bytes bytes);

/// Reads "1536", "512MiB", "1.5 GiB", "2GB" (10^9), "64k" (KiB). Negative amounts, unknown units,
/// trailing text and values beyond 2^62 are errors.
Result<Bytes> parse_bytes(std::string_view text);

}  // namespace spillway
