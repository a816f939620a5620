#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace spillway::fit {

/// What a stack's changes cost, to be made small: how often each kind is used, as digits, the dearest
/// kind the highest. Adds up over components.
using Cost = std::uint64_t;

/// Bytes as expected and at worst.
struct Load {
  std::int64_t likely = 0;
  std::int64_t high = 0;

  friend constexpr bool operator==(Load, Load) = default;
  friend constexpr Load operator+(Load a, Load b) { return {a.likely + b.likely, a.high + b.high}; }
  friend constexpr Load operator-(Load a, Load b) { return {a.likely - b.likely, a.high - b.high}; }
  constexpr bool within(Load room) const { return likely <= room.likely && high <= room.high; }
};

inline constexpr std::size_t kNoGpu = ~std::size_t{0};
inline constexpr std::size_t kAnyGpu = kNoGpu - 1;

/// One way to place an item.
struct Choice {
  Cost cost = 0;
  std::size_t gpu = kAnyGpu;  // this one, any, or none
  Load vram, ram;
  Load vram_overhead, ram_overhead;  // once per group, the largest
};

/// Something to be placed, in exactly one of its ways.
struct Item {
  std::vector<Choice> choices;
  std::size_t group = kNoGroup;  // shares its overhead with the items of the same number
  int priority = 0;
  static constexpr std::size_t kNoGroup = ~std::size_t{0};
};

/// What others hold on a GPU or in RAM (kNoGpu) and could give back: they keep it where there is
/// room for the items beside it.
struct Yield {
  std::size_t gpu = kNoGpu;
  Load bytes;
  Cost cost = 0;
};

struct Problem {
  std::vector<Load> gpus;  // room for the items when all yields are given back
  Load ram;
  std::vector<Item> items;
  std::vector<Yield> yields;
};

struct Pick {
  std::size_t choice = 0;
  std::size_t gpu = kNoGpu;
  friend bool operator==(const Pick&, const Pick&) = default;
};

struct Solution {
  bool found = false;
  bool exact = true;  // false: the search was cut short, there may be a cheaper one
  Cost cost = 0;
  std::vector<Pick> picks;    // one per item
  std::vector<bool> yielded;  // one per yield
  std::uint64_t visited = 0;  // placements looked at
};

inline constexpr std::uint64_t kMostVisited = 4'000'000;

/// The cheapest way to place all items: branch and bound over their choices, with bounds from the sums
/// of the memories; where that takes long and they are few, over sets of them (partition.h). Of equally cheap ways the one counts in which the items of high priority, of equal
/// ones the big, of equal ones the first, have the earliest choices and GPUs. Deterministic. Pure.
Solution solve(const Problem& problem, std::uint64_t most_visited = kMostVisited);

}  // namespace spillway::fit
