#include "assess/trend.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace spillway {
namespace {

constexpr std::size_t kMost = kMostTrendSamples;
constexpr std::size_t kLeast = 4;
constexpr Duration kLeastSpan = 1s;
constexpr double kJumpShare = 1.0 / 64;
constexpr double kJumpSteepness = 8;

double median(double* first, double* last) {
  double* middle = first + (last - first) / 2;
  std::nth_element(first, middle, last);
  return *middle;
}

}  // namespace

Trend trend(std::span<const Sample> samples, std::optional<Bytes> usable) {
  Trend result;
  if (samples.size() > kMost) samples = samples.last(kMost);
  const std::size_t n = samples.size();
  if (n < kLeast || samples.back().at - samples.front().at < kLeastSpan) return result;

  std::array<double, kMost> steepness{};  // of the interval that ends at i, without its sign
  for (std::size_t i = 1; i < n; ++i) {
    const double bytes = static_cast<double>((samples[i].used - samples[i - 1].used).count);
    steepness[i] = std::abs(bytes) / seconds(samples[i].at - samples[i - 1].at);
  }
  std::array<double, kMost> sorted = steepness;
  const double usual = median(sorted.data() + 1, sorted.data() + n);

  std::array<double, kMost> level{};  // used, with the jumps so far taken out
  double jumped = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const Bytes change = i == 0 ? Bytes{} : samples[i].used - samples[i - 1].used;
    const double bytes = static_cast<double>(change.count);
    if (usable && std::abs(bytes) >= kJumpShare * static_cast<double>(usable->count) &&
        steepness[i] > kJumpSteepness * usual) {
      jumped += bytes;
      if (change > result.jump) {
        result.jump = change;
        result.jump_took = samples[i].at - samples[i - 1].at;
        result.jump_at = samples[i].at;
      }
    }
    level[i] = static_cast<double>(samples[i].used.count) - jumped;
  }

  std::array<double, kMost*(kMost - 1) / 2> slopes;
  std::size_t count = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i + 1; j < n; ++j) {
      slopes[count++] = (level[j] - level[i]) / seconds(samples[j].at - samples[i].at);
    }
  }
  result.rate = median(slopes.data(), slopes.data() + count);
  return result;
}

}  // namespace spillway
