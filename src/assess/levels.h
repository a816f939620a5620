#pragma once

#include <optional>

#include "assess/history.h"
#include "model/level.h"
#include "model/policy.h"

namespace spillway {

/// A level's thresholds as bytes in use. A floor counts as a threshold at usable - floor, with an
/// eighth of itself between entering and leaving; a floor that not even an empty pool could keep is
/// ignored. `aim` is where measures stop: `margin` below the exit.
struct Marks {
  Bytes enter, exit, aim;
  bool by_floor = false;  // the floor is the stricter of the two
};
Marks marks(const LevelRule& rule, Bytes usable, double margin);

/// The highest level whose entry this much in use has reached.
Level entered(const PoolPolicy& policy, Bytes used, Bytes usable);
/// The highest level whose exit it has not fallen below yet.
Level not_left(const PoolPolicy& policy, Bytes used, Bytes usable);

/// The level that stalled tasks alone mean. `ease` scales the thresholds: 1 to enter, kStallExit to
/// leave.
inline constexpr double kStallExit = 0.5;
Level stalled(const StallRule& rule, const StallShare& share, double ease = 1);

}  // namespace spillway
