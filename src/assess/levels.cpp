#include "assess/levels.h"

#include <algorithm>

namespace spillway {

Marks marks(const LevelRule& rule, Bytes usable, double margin) {
  Marks result{scaled(usable, rule.enter), scaled(usable, std::min(rule.exit, rule.enter)), {}};
  if (rule.free_below && *rule.free_below < usable) {
    const Bytes entry = usable - *rule.free_below;
    result.by_floor = entry < result.enter;
    result.enter = std::min(result.enter, entry);
    result.exit = std::min(result.exit, entry - scaled(*rule.free_below, 1.0 / 8));
  }
  result.exit = std::max(result.exit, Bytes{});
  result.aim = std::max(result.exit - scaled(usable, margin), Bytes{});
  return result;
}

Level entered(const PoolPolicy& policy, Bytes used, Bytes usable) {
  for (auto level = kLevels.rbegin(); *level != Level::normal; ++level) {
    if (used >= marks(policy.at(*level), usable, policy.margin).enter) return *level;
  }
  return Level::normal;
}

Level not_left(const PoolPolicy& policy, Bytes used, Bytes usable) {
  for (auto level = kLevels.rbegin(); *level != Level::normal; ++level) {
    if (used >= marks(policy.at(*level), usable, policy.margin).exit) return *level;
  }
  return Level::normal;
}

Level stalled(const StallRule& rule, const StallShare& share, double ease) {
  if (share.full >= rule.full_emergency * ease) return Level::emergency;
  if (share.full >= rule.full_critical * ease) return Level::critical;
  if (share.some >= rule.some_warning * ease) return Level::warning;
  return Level::normal;
}

}  // namespace spillway
