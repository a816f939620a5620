#pragma once

#include <optional>

#include "model/assessment.h"
#include "model/policy.h"

namespace spillway {

/// What else than the pools' headroom makes a closer look worthwhile.
struct Attention {
  std::optional<TimePoint> event_until;   // an event source fired: close looks until then
  std::optional<TimePoint> recent_until;  // something was taken or given back not long ago
  bool waiting = false;  // a step runs, its memory is awaited, or somebody demands some
};

/// When to look again at the latest. Pure. PSI is silent while memory is still free, so the timer
/// carries the promise: for every pool the headroom to its next threshold (at shutdown: to its end)
/// divided by the larger of its measured growth and its assumed worst rate, never more often than
/// policy.cadence.shortest and never less often than .longest. At 6 GB/s that is ten looks a second
/// from 600 MB below a threshold on.
TimePoint next_look(const Assessment& assessment, const Policy& policy, const Attention& attention,
                    TimePoint now);

}  // namespace spillway
