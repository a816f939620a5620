#include "assess/history.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace spillway {
namespace {

constexpr std::size_t kMostStallSamples = 48;
constexpr Duration kStallDistance = 200ms;
constexpr Duration kLongGap = 1min;  // across which no slope is drawn

constexpr auto kBefore = [](const PoolTrack& track, const PoolId& pool) {
  return track.pool < pool;
};

/// Why a reading says nothing, or an empty text. A capacity that was known and is now missing is a
/// failed read, except for a cgroup, whose limit can be lifted.
std::string flaw(const PoolReading& reading, const PoolReading& last, const Snapshot& snapshot) {
  for (const Fault& fault : snapshot.faults) {
    if (fault.sensor == reading.source) return fault.error.what;
  }
  if (!reading.used) return "the amount in use is missing";
  if (reading.used->count < 0) return "the amount in use is negative";
  if (!reading.total && last.total && reading.pool.kind() != PoolKind::cgroup) {
    return "the capacity is missing";
  }
  if (reading.total && reading.total->count < 0) return "the capacity is negative";
  return {};
}

/// The system's before the cgroups', each with its resources in order.
auto order(const std::optional<PoolId>& scope, StallResource resource) {
  return std::pair(scope ? std::string_view(scope->text) : std::string_view(), resource);
}

template <class Tracks>
auto position(Tracks& tracks, const std::optional<PoolId>& scope, StallResource resource) {
  return std::lower_bound(tracks.begin(), tracks.end(), order(scope, resource),
                          [](const StallTrack& track, const auto& key) {
                            return order(track.scope, track.resource) < key;
                          });
}

bool is_of(const StallTrack& track, const std::optional<PoolId>& scope, StallResource resource) {
  return order(track.scope, track.resource) == order(scope, resource);
}

double share_of(Duration part, Duration whole) {
  return std::clamp(seconds(part) / seconds(whole), 0.0, 1.0);
}

}  // namespace

std::optional<Bytes> PoolTrack::usable() const {
  if (!last.total) return std::nullopt;
  const Bytes usable = *last.total - std::max(Bytes{}, last.reserved.value_or(Bytes{}));
  return usable > Bytes{} ? std::optional(usable) : std::nullopt;
}

std::optional<StallShare> StallTrack::share(Duration window) const {
  if (totals.size() < 2 || window <= Duration::zero()) return std::nullopt;
  const StallReading& now = totals.back();
  auto from = totals.end() - 1;
  while (from != totals.begin() && now.taken - from->taken < window) --from;
  const Duration span = now.taken - from->taken;
  if (span < window / 2) return std::nullopt;
  if (now.some < from->some || now.full < from->full) return std::nullopt;  // counted anew
  return StallShare{share_of(now.some - from->some, span), share_of(now.full - from->full, span)};
}

void History::add(const Snapshot& snapshot, bool in_use) {
  take_pools(snapshot, in_use);
  take_stalls(snapshot);
}

void History::take(PoolTrack& track, const PoolReading& reading, const Snapshot& snapshot,
                   bool in_use) {
  track.worked |= in_use;
  track.trouble = flaw(reading, track.last, snapshot);
  const bool news = !track.last.used || reading.taken > track.good;
  if (!track.trouble.empty() || !news)
    return;  // a worker's cell may hold the same reading for long
  if (reading.taken - track.good > kLongGap) track.latest_samples.clear();
  track.last = reading;
  track.good = reading.taken;
  const Sample sample{reading.taken, *reading.used, track.worked};
  if (track.latest_samples.wants(sample.at)) {
    track.latest_samples.add(sample);
    track.trend = trend(track.latest_samples.samples(), track.usable());
  }
  if (track.hourly_samples.wants(sample.at)) {
    track.hourly_samples.add(sample);
    track.hours = long_term(track.hourly_samples.samples(), track.usable());
    track.worked = false;
  }
}

void History::take_pools(const Snapshot& snapshot, bool in_use) {
  std::size_t i = 0;
  for (const PoolReading& reading : snapshot.pools) {
    while (i < pools_.size() && pools_[i].pool < reading.pool) ++i;
    if (i == pools_.size() || pools_[i].pool != reading.pool) {
      PoolTrack track;
      track.pool = reading.pool;
      track.good = reading.taken;
      track.last.source = reading.source;
      pools_.insert(pools_.begin() + static_cast<std::ptrdiff_t>(i), std::move(track));
    }
    take(pools_[i++], reading, snapshot, in_use);
  }
  if (pools_.size() == snapshot.pools.size()) return;
  // Some pool was not read. Its sensor failed, or it is gone.
  std::erase_if(pools_, [&](PoolTrack& track) {
    if (snapshot.find(track.pool)) return false;
    for (const Fault& fault : snapshot.faults) {
      if (fault.sensor != track.last.source) continue;
      track.trouble = fault.error.what;
      return false;
    }
    return true;
  });
}

void History::take_stalls(const Snapshot& snapshot) {
  for (const StallReading& reading : snapshot.stalls) {
    auto track = position(stalls_, reading.scope, reading.resource);
    if (track == stalls_.end() || !is_of(*track, reading.scope, reading.resource)) {
      track = stalls_.insert(track, StallTrack{reading.resource, reading.scope, {}});
    }
    auto& totals = track->totals;
    // The newest is always kept, so that a share is never older than the look it is asked at.
    const bool crowded = totals.size() >= 2 &&
                         totals.back().taken - totals[totals.size() - 2].taken < kStallDistance;
    if (crowded) totals.pop_back();
    if (!totals.empty() && reading.taken <= totals.back().taken) continue;
    if (totals.size() >= kMostStallSamples) totals.erase(totals.begin());
    totals.push_back(reading);
  }
  std::erase_if(stalls_, [&](const StallTrack& track) {
    return track.scope && !find(*track.scope) &&
           (track.totals.empty() || snapshot.at - track.totals.back().taken > kLongGap);
  });
}

void History::remember(const Assessment& assessment) {
  auto track = pools_.begin();
  for (const PoolAssessment& found : assessment.pools) {
    while (track != pools_.end() && track->pool < found.pool) ++track;
    if (track == pools_.end()) return;
    if (track->pool != found.pool) continue;
    track->level = found.level;
    track->since = found.since;
    if (found.cause != Cause::held) track->root = found.cause;
  }
}

const PoolTrack* History::find(const PoolId& pool) const {
  const auto found = std::lower_bound(pools_.begin(), pools_.end(), pool, kBefore);
  return found != pools_.end() && found->pool == pool ? &*found : nullptr;
}

const StallTrack* History::stall(StallResource resource, const std::optional<PoolId>& scope) const {
  const auto found = position(stalls_, scope, resource);
  return found != stalls_.end() && is_of(*found, scope, resource) ? &*found : nullptr;
}

}  // namespace spillway
