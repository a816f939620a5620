#include "fit/choose/bound.h"

#include <algorithm>
#include <limits>

namespace spillway::fit {
SumBound::SumBound(const std::vector<Item>& items, std::int64_t room, const PartOf& part_of)
    : unit_(std::max<std::int64_t>(0, room) / kUnits + 1),
      least_(items.size() + 1, std::vector<Cost>(kUnits + 1)),
      bytes_(items.size() + 1) {
  for (std::size_t i = items.size(); i-- > 0;) {
    std::vector<Cost>& least = least_[i];
    std::fill(least.begin(), least.end(), kImpossible);
    std::int64_t fewest = std::numeric_limits<std::int64_t>::max();
    for (const Choice& choice : items[i].choices) {
      const Part part = part_of(items[i], choice);
      fewest = std::min(fewest, part.bytes);
      const std::int64_t units = part.bytes / unit_;
      for (std::int64_t left = units; left <= kUnits; ++left) {
        const Cost after = least_[i + 1][static_cast<std::size_t>(left - units)];
        Cost& best = least[static_cast<std::size_t>(left)];
        if (after != kImpossible) best = std::min(best, part.cost + after);
      }
    }
    bytes_[i] = bytes_[i + 1] + (items[i].choices.empty() ? 0 : fewest);
  }
}

Cost SumBound::least(std::size_t from, std::int64_t left) const {
  if (bytes_[from] > std::max<std::int64_t>(0, left)) return kImpossible;
  const std::int64_t units = std::clamp<std::int64_t>(left / unit_, 0, kUnits);
  return least_[from][static_cast<std::size_t>(units)];
}

}  // namespace spillway::fit
