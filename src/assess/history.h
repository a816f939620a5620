#pragma once

#include <optional>
#include <string>
#include <vector>

#include "assess/samples.h"
#include "assess/shape.h"
#include "assess/trend.h"
#include "model/assessment.h"
#include "model/snapshot.h"

namespace spillway {

/// What is remembered of one pool: the last good reading, the latest half minute, the latest hours,
/// and the level that was found last.
struct PoolTrack {
  PoolId pool;
  PoolReading last;     // the last good reading
  TimePoint good;       // when that was taken; the first sight, if there never was one
  std::string trouble;  // why the latest look brought no good reading; empty when it did
  Level level = Level::normal;
  std::optional<TimePoint> since;
  Cause root = Cause::none;  // why it rose to that level
  Trend trend;
  Verdict hours;

  /// total - reserved; none when the capacity is unknown or nothing is usable.
  std::optional<Bytes> usable() const;

 private:
  friend class History;
  static constexpr Duration kLatestDistance = 250ms;
  Thinned latest_samples{kMostTrendSamples, kLatestDistance, kLatestDistance};
  Thinned hourly_samples{180, 1min, 8min};  // three hours at first, a day at last
  bool worked = false;                      // a tenant did, since the last hourly sample
};

/// Shares of the time in which tasks stalled for memory, 0..1.
struct StallShare {
  double some = 0;
  double full = 0;
};

/// PSI totals of the latest seconds.
struct StallTrack {
  StallResource resource = StallResource::memory;
  std::optional<PoolId> scope;
  std::vector<StallReading> totals;  // oldest first, bounded

  /// Over the latest `window` that readings cover; none while they cover less than half of it.
  std::optional<StallShare> share(Duration window) const;
};

/// All that assess remembers, bounded: about 7 KiB per pool after hours. A stale or failed reading
/// changes nothing but the age of what is known; a pool that vanishes although its sensor works is
/// gone. Plain data without a clock: the snapshots bring their times. One thread.
class History {
 public:
  /// Takes a snapshot in. `in_use`: some tenant worked since the one before, which tells growth
  /// with use from a leak. O(pools) when the pools are the same as before.
  void add(const Snapshot& snapshot, bool in_use = false);
  /// Levels and their beginnings, which thresholds with hysteresis need at the next look.
  void remember(const Assessment& assessment);

  const std::vector<PoolTrack>& pools() const { return pools_; }  // ascending by pool
  const PoolTrack* find(const PoolId& pool) const;
  const std::vector<StallTrack>& stalls() const { return stalls_; }  // ascending by scope
  const StallTrack* stall(StallResource resource, const std::optional<PoolId>& scope) const;

 private:
  void take(PoolTrack& track, const PoolReading& reading, const Snapshot& snapshot, bool in_use);
  void take_pools(const Snapshot& snapshot, bool in_use);
  void take_stalls(const Snapshot& snapshot);

  std::vector<PoolTrack> pools_;
  std::vector<StallTrack> stalls_;
};

}  // namespace spillway
