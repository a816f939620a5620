#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "model/level.h"
#include "model/plan.h"
#include "model/pool.h"
#include "model/rung.h"
#include "model/tenant.h"

namespace spillway {

/// What experience says about one action on one tenant.
struct ActionMemory {
  std::optional<double> yield;  // measured / promised, 0..1.5; the newest counts half
  TimePoint not_before;         // put aside until then
  std::string why;              // why it was put aside

  friend bool operator==(const ActionMemory&, const ActionMemory&) = default;
};

struct TenantMemory {
  std::map<std::string, ActionMemory> actions;  // by Action::name()
  bool preserved = false;                       // asked to preserve since this shutdown began
  bool kept_away = false;  // moved by a demand of its own: only a demand brings it back
  std::optional<TimePoint> quarantined_until;  // it hung
  std::optional<TimePoint> restored;           // when it last got something back
  std::optional<TimePoint> left_alone_until;   // no restore before: taken for somebody's demand,
                                               // or the restore failed
  std::vector<TimePoint> retaken;              // when what was restored had to be taken again
  std::optional<TimePoint> thrashing_until;    // retaken too often: stays as it is until then

  friend bool operator==(const TenantMemory&, const TenantMemory&) = default;
};

/// One pool's episode: from leaving normal to being normal again.
struct PoolMemory {
  Level announced = Level::normal;
  std::map<TenantId, int> trims;   // in this episode
  std::optional<Level> exhausted;  // nothing was left at this level, and that was said
  bool refusing = false;           // new work is refused for its sake
  std::optional<TimePoint> relaxed_since;
  std::optional<Bytes> lowest, highest;  // in use, since arrivals are awaited

  friend bool operator==(const PoolMemory&, const PoolMemory&) = default;
};

/// A step that was started and has not been settled.
struct Flight {
  std::uint64_t step = 0;
  Direction direction = Direction::give;
  Rung rung = Rung::notify;
  TenantId tenant;
  PoolId pool;
  Level level = Level::normal;
  std::vector<PoolChange> estimate;
  std::optional<std::uint64_t> demand;

  friend bool operator==(const Flight&, const Flight&) = default;
};

/// What a finished step promised and sensing has not seen yet.
struct Arrival {
  std::uint64_t step = 0;
  PoolId pool;
  TenantId tenant;
  std::string action;
  Level level = Level::normal;  // of the pool when the step was decided: counts up to this level
  bool charges = false;         // memory that will be taken (a restore), not freed
  bool teaches = true;          // its end says something about the action's yield
  double trust = 1;             // the action's yield before
  Bytes promised;               // what it is judged by
  Bytes seen;                   // of that, so far
  Bytes outstanding;            // what it still claims to bring
  TimePoint until;
  std::optional<std::uint64_t> demand;

  friend bool operator==(const Arrival&, const Arrival&) = default;
};

struct DemandMemory {
  bool of_tenant = false;                            // it names whom to take from
  PoolId pool;                                       // where its bytes count; empty until known
  Bytes freed;                                       // measured so far
  bool done = false;                                 // a measure without an amount succeeded
  std::string trouble;                               // of its latest step that failed
  std::set<std::pair<TenantId, std::string>> tried;  // tenant and action: each once
  std::set<TenantId> failed;                         // to get something back

  friend bool operator==(const DemandMemory&, const DemandMemory&) = default;
};

/// All that decide carries from one look to the next. A value; bounded by the pools, tenants and
/// demands that exist.
struct LadderState {
  std::uint64_t next_step = 1;
  std::map<PoolId, PoolMemory> pools;
  std::map<TenantId, TenantMemory> tenants;  // those that something is remembered of
  std::vector<Flight> flights;
  std::vector<Arrival> arrivals;  // oldest first
  std::map<std::uint64_t, DemandMemory> demands;
  std::optional<TimePoint> last_restore;  // when one ended

  friend bool operator==(const LadderState&, const LadderState&) = default;
};

}  // namespace spillway
