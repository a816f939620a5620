#pragma once

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "model/level.h"
#include "model/pool.h"
#include "model/rung.h"

namespace spillway {

/// When a level begins and ends. Shares are of what is usable (total - reserved).
struct LevelRule {
  double enter = 1.0;
  double exit = 1.0;                // lower than enter
  Duration min_hold = 1s;           // at least this long before it may fall
  std::optional<Bytes> free_below;  // an absolute floor beside the percentage
};

/// PSI as a cause of its own: share of the last window in which tasks stalled, 0..1.
struct StallRule {
  double some_warning = 0.20;   // any task waited a fifth of the time
  double full_critical = 0.20;  // nothing ran for a fifth of the time
  double full_emergency = 0.50;
  Duration window = 2s;
};

struct PoolPolicy {
  std::array<LevelRule, 5> levels{{{},  // [normal] is not used
                                   {0.80, 0.75, 1s, {}},
                                   {0.90, 0.85, 1s, {}},
                                   {0.95, 0.92, 1s, {}},
                                   {0.98, 0.96, 1s, {}}}};
  double margin = 0.01;         // of what is usable: how far below an exit threshold to aim
  double restore_below = 0.60;  // giving back starts below this share
  std::optional<Duration> warn_when_full_within;
  StallRule stall;
  double worst_rate = 6e9;    // bytes/s to expect at worst (RAM; swap 0.8e9)
  Duration stale_after = 5s;  // a reading older than this is unknown

  const LevelRule& at(Level level) const { return levels[index(level)]; }
};

struct LadderPolicy {
  /// Highest rung that each level permits.
  std::array<Rung, 5> highest{Rung::notify, Rung::trim, Rung::shrink, Rung::freeze, Rung::stop};
  int trims_at_warning = 1;
  int trims_at_critical = 3;
  Duration step_deadline = 5s;      // a step's, unless its offer asks for longer
  Duration preserve_deadline = 2s;  // for all tenants together
  Duration arrival_wait = 8s;       // how long claimed memory may take to show before escalating
  Duration settle = 20ms;           // between a step's end and judging it
  Duration idle_after = 30s;        // no request for this long: may be unloaded
  Duration quarantine = 60s;        // a hung or failing tenant's offers are not taken for this long
  bool allow_stop = false;          // the opt-in of the last rung, for all tenants that opted in
  bool allow_freeze = true;
};

struct RestorePolicy {
  bool enabled = true;
  Duration calm = 3s;            // every pool concerned relaxed for this long before the first
  Duration between = 500ms;      // between two restores
  Duration min_away = 2s;        // taken at least this long ago
  Duration min_residency = 30s;  // restored at least this long before it may be taken again below
                                 // emergency
  int thrash_limit = 3;          // taken back this often within thrash_window: stop offering
  Duration thrash_window = 10min;
  Duration thrash_pause = 15min;
};

struct CadencePolicy {
  Duration shortest = 10ms;
  Duration longest = 2s;
  Duration after_event = 20ms;  // looks after an event, for one window
  Duration event_window = 1s;
};

using PoolPolicies = std::vector<std::pair<std::string, PoolPolicy>>;

/// What differs from PoolPolicy{} out of the box: swap fills more slowly than RAM.
PoolPolicies usual_pools();

struct Policy {
  PoolPolicy defaults;
  /// First match wins; patterns as base/text matches(): "vram:*".
  PoolPolicies pools = usual_pools();
  LadderPolicy ladder;
  RestorePolicy restore;
  CadencePolicy cadence;
  bool dry_run = false;  // decide as always, act never

  const PoolPolicy& of(const PoolId& pool) const;
};

}  // namespace spillway
