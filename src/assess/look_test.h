#pragma once

#include <string>
#include <utility>
#include <vector>

#include "assess/assess.h"

namespace spillway::testing {

inline TimePoint at(Duration since_start) { return TimePoint(1h) + since_start; }

inline PoolReading reading(const PoolId& pool, Bytes used, Bytes total, TimePoint taken) {
  return {.pool = pool, .used = used, .total = total, .source = "fake", .taken = taken};
}

/// One guard's eyes over fake time: hands readings in, keeps the history, answers with the latest
/// assessment.
class Watcher {
 public:
  explicit Watcher(Policy watched_policy = {}) : policy(std::move(watched_policy)) {}

  const Assessment& look(TimePoint now, std::vector<Reading> readings,
                         std::vector<Fault> faults = {}) {
    history.add(make_snapshot(now, {}, std::move(readings), std::move(faults)));
    latest = assess(history, policy, now);
    history.remember(latest);
    return latest;
  }
  /// Of a RAM of 100 GiB.
  const PoolAssessment& ram(TimePoint now, Bytes used) {
    return look(now, {reading(kRam, used, 100_GiB, now)}).pools.front();
  }
  const PoolAssessment& lost(TimePoint now) {
    return look(now, {}, {{"fake", {Errc::io, "device lost", "", ""}}}).pools.front();
  }

  Policy policy;
  History history;
  Assessment latest;
};

}  // namespace spillway::testing
