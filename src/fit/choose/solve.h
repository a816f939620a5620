#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace spillway::fit {

/// What a stack's changes cost, to be made small: first by kind (digits in base 64, the dearest kind
/// the highest), then by whom they hit. Adds up over components.
struct Cost {
  std::uint64_t kinds = 0;
  std::uint64_t minor = 0;

  friend constexpr auto operator<=>(Cost, Cost) = default;
  friend constexpr Cost operator+(Cost a, Cost b) { return {a.kinds + b.kinds, a.minor + b.minor}; }
};

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
  Cost cost;
  std::size_t gpu = kAnyGpu;  // this one, any, or none
  Load vram, ram;
  Load vram_overhead, ram_overhead;  // once per group, the largest
};

/// Something to be placed, in exactly one of its ways.
struct Item {
  std::vector<Choice> choices;
  std::size_t group = kNoGroup;  // shares its overhead with the items of the same number
  static constexpr std::size_t kNoGroup = ~std::size_t{0};
};

/// What others hold on a GPU or in RAM (kNoGpu) and could give back: they keep it where there is
/// room for the items beside it.
struct Yield {
  std::size_t gpu = kNoGpu;
  Load bytes;
  Cost cost;
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
  Cost cost;
  std::vector<Pick> picks;    // one per item
  std::vector<bool> yielded;  // one per yield
  std::uint64_t visited = 0;  // placements looked at
};

inline constexpr std::uint64_t kMostVisited = 4'000'000;

/// The cheapest way to place all items: branch and bound over their choices, the biggest item first,
/// with a bound from the sums of VRAM and of RAM alone. Of equally cheap ways the first in the order
/// of the choices and of the GPUs counts. Deterministic. Pure.
Solution solve(const Problem& problem, std::uint64_t most_visited = kMostVisited);

}  // namespace spillway::fit
