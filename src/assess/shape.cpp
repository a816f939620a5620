#include "assess/shape.h"

#include <algorithm>
#include <cmath>

namespace spillway {
namespace {

constexpr Duration kConstantFor = 2h;
constexpr Duration kGrowingFor = 1h;
constexpr double kConstantWithin = 0.02;  // of what is usable
constexpr double kGrowthWorthNaming = 0.03;
constexpr double kFallBack = 0.005;
constexpr std::size_t kParts = 6;  // steady: each sixth of the time brought its part
constexpr std::size_t kLeastSamples = 2 * kParts;
constexpr double kEvenness = 0.25;  // of the average part
constexpr Bytes kNoise = 16_MiB;

Bytes tolerance(double share, std::optional<Bytes> usable) {
  return usable ? std::max(kNoise, scaled(*usable, share)) : kNoise;
}

/// The latest samples within a band of this height.
std::span<const Sample> constant_run(std::span<const Sample> samples, Bytes band) {
  Bytes low = samples.back().used;
  Bytes high = low;
  std::size_t first = samples.size() - 1;
  while (first > 0) {
    low = std::min(low, samples[first - 1].used);
    high = std::max(high, samples[first - 1].used);
    if (high - low > band) break;
    --first;
  }
  return samples.subspan(first);
}

/// The latest samples since memory last fell back noticeably.
std::span<const Sample> growing_run(std::span<const Sample> samples, Bytes fall_back) {
  std::size_t first = samples.size() - 1;
  Bytes low = samples.back().used;
  while (first > 0 && samples[first - 1].used <= low + fall_back) {
    low = std::min(low, samples[first - 1].used);
    --first;
  }
  return samples.subspan(first);
}

bool is_steady(std::span<const Sample> run) {
  const Bytes growth = run.back().used - run.front().used;
  const Duration part = (run.back().at - run.front().at) / kParts;
  std::size_t i = 0;
  for (std::size_t k = 1; k <= kParts; ++k) {
    const Bytes before = run[i].used;
    while (i + 1 < run.size() && (k == kParts || run[i].at - run.front().at < part * k)) ++i;
    if (ratio(run[i].used - before, growth) < kEvenness / kParts) return false;
  }
  return true;
}

/// Growth while no tenant worked, against the growth of the whole time; none when there was hardly
/// any such time.
std::optional<double> idle_rate_share(std::span<const Sample> run) {
  Duration idle{};
  Bytes grown;
  for (std::size_t i = 1; i < run.size(); ++i) {
    if (run[i].in_use) continue;
    idle += run[i].at - run[i - 1].at;
    grown += run[i].used - run[i - 1].used;
  }
  const Duration span = run.back().at - run.front().at;
  if (idle < span / 8) return std::nullopt;
  const double whole = static_cast<double>((run.back().used - run.front().used).count);
  return static_cast<double>(grown.count) / seconds(idle) / (whole / seconds(span));
}

}  // namespace

Verdict long_term(std::span<const Sample> samples, std::optional<Bytes> usable) {
  if (samples.empty()) return {};
  const auto constant = constant_run(samples, tolerance(kConstantWithin, usable));
  const Duration constant_for = constant.back().at - constant.front().at;
  if (constant_for >= kConstantFor) {
    return {Shape::load, "constant for " + to_string(constant_for)};
  }
  const auto growing = growing_run(samples, tolerance(kFallBack, usable));
  const Duration span = growing.back().at - growing.front().at;
  const Bytes growth = growing.back().used - growing.front().used;
  if (span < kGrowingFor || growing.size() < kLeastSamples ||
      growth < tolerance(kGrowthWorthNaming, usable) || !is_steady(growing)) {
    return {};
  }
  const Bytes hourly =
      scaled(growth, 1 / std::chrono::duration<double, std::ratio<3600>>(span).count());
  const std::string words = "grew steadily by " + to_string(growth) + " in " + to_string(span) +
                            " (" + to_string(hourly) + " an hour), never falling back";
  const auto idle_share = idle_rate_share(growing);
  if (idle_share && *idle_share >= 0.5) return {Shape::leak, words + ", also while nothing worked"};
  return {Shape::load, words + ", with use"};
}

}  // namespace spillway
