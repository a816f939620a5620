#pragma once

#include <optional>
#include <span>

#include "assess/samples.h"

namespace spillway {

/// Growth over the latest seconds, with jumps told apart from slopes.
struct Trend {
  std::optional<double> rate;  // bytes per second; none before four samples over a second
  Bytes jump;                  // the biggest rise within one interval that is not part of the slope
  Duration jump_took{};
  TimePoint jump_at;

  friend bool operator==(const Trend&, const Trend&) = default;
};

/// Theil-Sen (the median of all pairwise slopes) after taking out jumps: changes of at least 1/64
/// of `usable` within one interval, eight times as steep as the median interval. A step therefore
/// leaves the rate alone, and the freed memory of a step of ours does not look like shrinking.
/// O(n^2) of at most kMostTrendSamples; of more, the latest count. `usable` unknown: jumps stay in.
inline constexpr std::size_t kMostTrendSamples = 24;
Trend trend(std::span<const Sample> samples, std::optional<Bytes> usable);

}  // namespace spillway
