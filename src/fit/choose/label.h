#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "fit/choose/solve.h"

namespace spillway::fit {

/// Beyond the cost, whom it hits: the smaller, the less important.
struct Price {
  Cost cost = 0;
  std::uint64_t hits = 0;

  friend constexpr auto operator<=>(const Price&, const Price&) = default;
  friend constexpr Price operator+(Price a, Price b) { return {a.cost + b.cost, a.hits + b.hits}; }
};

inline constexpr std::size_t kMostGroups = 4;
using Overheads = std::array<Load, kMostGroups>;  // the largest of each group

/// One way to have a set of items on a GPU.
struct Label {
  Price price;
  Load total;
  Overheads groups{};        // of the total
  std::uint32_t before = 0;  // the label of the set without its last item
  std::uint16_t choice = 0;  // of the last item

  /// Whoever has this needs no `other`: whatever is added to both.
  bool dominates(const Label& other) const;
};

/// The labels of a set that no other makes pointless, the cheapest first: those of the set without
/// `item`, each with every choice that the GPU permits, as far as they are within `room` and `at_most`.
std::vector<Label> extended(const std::vector<Label>& without, const Item& item, std::uint64_t hits,
                            std::size_t gpu, Load room, Cost at_most);

}  // namespace spillway::fit
