#include "fit/choose/machine.h"

#include <algorithm>

namespace spillway::fit {

Bytes assumed_os_share(Bytes ram) { return std::min(Bytes{ram.count / 4}, 2_GiB); }

Reached reached(double share, const Limits& limits) {
  if (share < limits.safe) return Reached::safe;
  Reached level = Reached::normal;
  for (const Level rule : kLevels) {
    if (rule == Level::normal || share < limits.policy.at(rule).enter) continue;
    level = static_cast<Reached>(index(rule) + 1);
  }
  return level;
}

std::string_view name(Reached level) {
  return level == Reached::safe
             ? "safe"
             : spillway::name(static_cast<Level>(static_cast<std::size_t>(level) - 1));
}

}  // namespace spillway::fit
