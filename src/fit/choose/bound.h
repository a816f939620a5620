#pragma once

#include <functional>
#include <vector>

#include "fit/choose/solve.h"

namespace spillway::fit {

/// What placing the items from a given one on must cost at least when only the sum of one memory
/// counts. Amounts are in units of a few thousandths of the room, rounded so that the bound is never too
/// high.
class SumBound {
 public:
  /// `item`'s bytes in the memory when it takes `choice`, and what that costs here.
  struct Part {
    std::int64_t bytes = 0;
    Cost cost = 0;
  };
  using PartOf = std::function<Part(const Item& item, const Choice& choice)>;

  /// `items` in the order of the search; `room`: what they may take together.
  SumBound(const std::vector<Item>& items, std::int64_t room, const PartOf& part_of);

  /// At least this for items[from...] within `left` bytes; kImpossible where it cannot be done.
  Cost least(std::size_t from, std::int64_t left) const;

  static constexpr Cost kImpossible = ~Cost{0} >> 1;

 private:
  static constexpr std::int64_t kUnits = 512;
  std::int64_t unit_ = 1;
  std::vector<std::vector<Cost>> least_;  // per item, per units left
  std::vector<std::int64_t> bytes_;       // what the items from here on need whatever they choose
};

}  // namespace spillway::fit
