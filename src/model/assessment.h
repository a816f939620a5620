#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "model/level.h"
#include "model/pool.h"

namespace spillway {

/// Why a pool has the level it has.
enum class Cause {
  none,       // normal
  threshold,  // the share in use
  floor,      // less free than an absolute floor
  stall,      // tasks wait for memory (PSI) although it is not full
  forecast,   // full soon at the present rate
  held        // would be lower, but the exit threshold or the minimum hold is not reached
};
std::string_view name(Cause cause);

/// What kind of growth it is, judged over the history at hand.
enum class Shape { unknown, load, leak, burst };
std::string_view name(Shape shape);

/// What the readings of one pool mean.
struct PoolAssessment {
  PoolId pool;
  Level level = Level::normal;
  TimePoint since;  // when it came to this level
  Cause cause = Cause::none;
  std::optional<Bytes> used, total, free;  // of the last good reading
  std::optional<double> share;             // used / (total - reserved), 0..1 and beyond
  std::optional<double> growth;            // bytes per second, robust to single jumps
  std::optional<Duration> full_in;         // at that rate; none when not growing
  std::optional<Duration> unknown_since;   // the reading is this old or missing
  /// What must come back for the level to end: used - (exit threshold - margin). Zero at normal.
  Bytes excess;
  /// How much could be put back without coming near warning: (warning exit - margin) - used.
  Bytes room;
  /// How much more until the next level is entered; none at shutdown and while unknown.
  std::optional<Bytes> to_next;
  bool relaxed = false;  // below the restore threshold
  Shape shape = Shape::unknown;
  std::string evidence;  // one sentence with the numbers it rests on
};

struct Assessment {
  TimePoint at;
  std::vector<PoolAssessment> pools;  // ascending by pool
  Level level = Level::normal;        // the highest of them

  const PoolAssessment* find(const PoolId& pool) const;
};

}  // namespace spillway
