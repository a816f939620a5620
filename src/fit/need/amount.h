#pragma once

#include <algorithm>
#include <cstdint>

#include "base/bytes.h"

namespace spillway::fit {

/// A count of things or bytes while formulas are worked out. Sums and products stop at 2^62 instead
/// of wrapping, because the numbers come from files that may lie.
struct Amount {
  static constexpr std::uint64_t kMost = std::uint64_t{1} << 62;

  std::uint64_t count = 0;

  constexpr Amount(std::uint64_t n)
      : count(std::min(n, kMost)) {}  // implicit: 2 * d reads as it should
  constexpr explicit Amount(Bytes bytes)
      : Amount(static_cast<std::uint64_t>(std::max<std::int64_t>(bytes.count, 0))) {}

  constexpr Bytes bytes() const { return {static_cast<std::int64_t>(count)}; }
  constexpr double real() const { return static_cast<double>(count); }

  friend constexpr auto operator<=>(Amount, Amount) = default;
  friend constexpr Amount operator+(Amount a, Amount b) { return {a.count + b.count}; }
  friend constexpr Amount operator*(Amount a, Amount b) {
    std::uint64_t product = 0;
    return __builtin_mul_overflow(a.count, b.count, &product) ? Amount{kMost} : Amount{product};
  }
  constexpr Amount& operator+=(Amount b) { return *this = *this + b; }

  /// `share` of it, rounded up.
  constexpr Amount times(double share) const {
    const double product = real() * share;
    if (!(product > 0)) return {0};
    if (product >= 0x1p62) return {kMost};
    const auto whole = static_cast<std::uint64_t>(product);
    return {whole + (static_cast<double>(whole) < product ? 1U : 0U)};
  }
};

constexpr Amount padded(Amount n, std::uint64_t to) {
  return Amount{(n.count + to - 1) / to} * Amount{to};
}

}  // namespace spillway::fit
