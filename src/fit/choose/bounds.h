#pragma once

#include <vector>

#include "fit/choose/bound.h"

namespace spillway::fit {

/// What is left of the machine while items are being placed; GPUs may be overfull before any are.
struct Left {
  std::vector<std::int64_t> gpus;
  std::int64_t ram = 0;
  std::vector<std::int64_t> paid;  // per group, of the overhead in RAM
};

/// The best of several bounds, each blind for something else: all GPUs as one, RAM, both together
/// (what leaves one of them goes to the other), and each GPU with those who were asked to run there.
class Bounds {
 public:
  Bounds(const std::vector<Item>& items, const Left& room);
  Cost least(std::size_t from, const Left& left) const;

 private:
  /// What the groups of items[from...] will have to pay in RAM at least, whatever they choose.
  std::int64_t owed(std::size_t from, const Left& left) const;
  std::int64_t vram_, ram_;
  std::vector<std::vector<std::int64_t>> owed_;  // per item, per group
  SumBound of_vram_, of_ram_, of_both_;
  std::vector<std::pair<std::size_t, SumBound>> of_gpus_;
};

}  // namespace spillway::fit
