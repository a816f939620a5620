#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace spillway {

/// An amount of memory, or the difference of two amounts (hence signed). A strong type, so that a
/// percentage, a page count or a KiB figure from /proc cannot be passed where bytes are meant.
struct Bytes {
  std::int64_t count = 0;

  friend constexpr auto operator<=>(Bytes, Bytes) = default;
  friend constexpr Bytes operator+(Bytes a, Bytes b) { return {a.count + b.count}; }
  friend constexpr Bytes operator-(Bytes a, Bytes b) { return {a.count - b.count}; }
  friend constexpr Bytes operator-(Bytes a) { return {-a.count}; }
  constexpr Bytes& operator+=(Bytes b) { return *this = *this + b; }
  constexpr Bytes& operator-=(Bytes b) { return *this = *this - b; }
};

/// `share` of `whole`, rounded down; share may exceed 1.
constexpr Bytes scaled(Bytes whole, double share) {
  return {static_cast<std::int64_t>(static_cast<double>(whole.count) * share)};
}

/// part / whole; 0 when whole is not positive.
constexpr double ratio(Bytes part, Bytes whole) {
  return whole.count > 0 ? static_cast<double>(part.count) / static_cast<double>(whole.count) : 0.0;
}

inline namespace literals {
constexpr Bytes operator""_B(unsigned long long n) { return {static_cast<std::int64_t>(n)}; }
constexpr Bytes operator""_KiB(unsigned long long n) { return {static_cast<std::int64_t>(n) << 10}; }
constexpr Bytes operator""_MiB(unsigned long long n) { return {static_cast<std::int64_t>(n) << 20}; }
constexpr Bytes operator""_GiB(unsigned long long n) { return {static_cast<std::int64_t>(n) << 30}; }
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
