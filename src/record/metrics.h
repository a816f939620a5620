#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "model/event.h"
#include "model/status.h"

namespace spillway {

/// Counts finished measures by what did them, for which pool, and how they ended. The number of
/// label sets is bounded; beyond it everything counts as action "other". One thread at a time.
class ActionMetrics final : public EventSink {
 public:
  struct Key {
    std::string action, resource, result;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  struct Totals {
    std::uint64_t count = 0;
    double seconds = 0;
    Bytes freed, charged;  // of the pool concerned: measured where known, else claimed
  };

  void take(const Event& event) override;
  const std::map<Key, Totals>& totals() const { return totals_; }

 private:
  std::map<Key, Totals> totals_;
};

/// The Prometheus text format 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/): base units, shares as ratios,
/// nothing with a pid in a label. What is unknown has no series, so that it cannot be mistaken for
/// zero. Pure.
std::string exposition(const StatusReport& report, const ActionMetrics& actions);

}  // namespace spillway
