#include "doctor/explain/series.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "base/time.h"

namespace spillway::doctor {
namespace {
constexpr double kLong = 3600;    // seconds: less shows nothing about leaks
constexpr double kSteady = 0.02;  // of the total
constexpr double kFullEnough = 0.5;
constexpr double kGrown = 0.1;     // of the total
constexpr double kMostlyUp = 0.9;  // of the steps
}  // namespace

void Series::add(double at, Bytes used, Bytes total) {
  total_ = std::max(total_, total);
  if (!points_.empty() && at <= points_.back().at) return;
  if (++skipped_ < stride_) return;
  skipped_ = 0;
  if (points_.size() >= kMost) {
    for (std::size_t i = 0; 2 * i < points_.size(); ++i) points_[i] = points_[2 * i];
    points_.resize(points_.size() / 2);
    stride_ *= 2;
  }
  points_.push_back({at, used});
}

std::string Series::verdict() const {
  if (points_.size() < 8 || points_.back().at - points_.front().at < kLong || total_.count <= 0)
    return {};
  const auto by_used = [](const Point& a, const Point& b) { return a.used < b.used; };
  const auto [least, most] = std::minmax_element(points_.begin(), points_.end(), by_used);
  const std::string time = to_string(from_seconds(points_.back().at - points_.front().at));
  if (ratio(most->used - least->used, total_) <= kSteady &&
      ratio(most->used, total_) >= kFullEnough) {
    return fmt::format("{} stayed at {} of {} for {}: load, not a leak", pool_,
                       to_string(most->used), to_string(total_), time);
  }
  std::size_t up = 0;
  for (std::size_t i = 1; i < points_.size(); ++i)
    up += points_[i].used >= points_[i - 1].used ? 1U : 0U;
  const double share = static_cast<double>(up) / static_cast<double>(points_.size() - 1);
  if (share >= kMostlyUp && ratio(points_.back().used - points_.front().used, total_) >= kGrown) {
    return fmt::format(
        "{} grew from {} to {} in {} and hardly ever shrank: a leak, or a load that never ends",
        pool_, to_string(points_.front().used), to_string(points_.back().used), time);
  }
  return {};
}

}  // namespace spillway::doctor
