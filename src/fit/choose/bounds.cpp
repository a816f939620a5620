#include "fit/choose/bounds.h"

#include <algorithm>

namespace spillway::fit {
namespace {

/// Overhead that others may already have paid for is left out.
std::int64_t with_own(const Item& item, Load bytes, Load overhead) {
  return bytes.likely + (item.group == Item::kNoGroup ? overhead.likely : 0);
}
std::int64_t ram_of(const Item& item, const Choice& choice) {
  return with_own(item, choice.ram, choice.ram_overhead);
}
std::int64_t vram_of(const Item& item, const Choice& choice) {
  return choice.gpu == kNoGpu ? 0 : with_own(item, choice.vram, choice.vram_overhead);
}
std::int64_t sum(const std::vector<std::int64_t>& gpus) {
  std::int64_t all = 0;
  for (const std::int64_t left : gpus) all += std::max<std::int64_t>(0, left);
  return all;
}

}  // namespace

Bounds::Bounds(const std::vector<Item>& items, const Left& room)
    : vram_(std::max<std::int64_t>(1, sum(room.gpus))),
      ram_(std::max<std::int64_t>(1, room.ram)),
      of_vram_(items, vram_,
               [](const Item& item, const Choice& choice) {
                 return SumBound::Part{vram_of(item, choice), choice.cost};
               }),
      of_ram_(items, ram_,
              [](const Item& item, const Choice& choice) {
                return SumBound::Part{ram_of(item, choice), choice.cost};
              }),
      of_both_(items, vram_ + ram_, [](const Item& item, const Choice& choice) {
        return SumBound::Part{vram_of(item, choice) + ram_of(item, choice), choice.cost};
      }) {
  owed_.assign(items.size() + 1, std::vector<std::int64_t>(room.paid.size()));
  for (std::size_t i = items.size(); i-- > 0;) {
    owed_[i] = owed_[i + 1];
    if (items[i].group == Item::kNoGroup || items[i].choices.empty()) continue;
    const auto less = [](const Choice& a, const Choice& b) {
      return a.ram_overhead.likely < b.ram_overhead.likely;
    };
    const auto& choices = items[i].choices;
    std::int64_t& owed = owed_[i][items[i].group];
    owed =
        std::max(owed, std::min_element(choices.begin(), choices.end(), less)->ram_overhead.likely);
  }
  for (std::size_t gpu = 0; gpu < room.gpus.size(); ++gpu) {
    const auto asked_for = [gpu](const Item& item) {
      return !item.choices.empty() && item.choices.front().gpu == gpu;
    };
    if (std::none_of(items.begin(), items.end(), asked_for)) continue;
    // Costs of those alone who were asked to run here: so the bounds of all GPUs may be added.
    of_gpus_.emplace_back(
        gpu, SumBound(items, room.gpus[gpu], [&](const Item& item, const Choice& choice) {
          if (!asked_for(item)) return SumBound::Part{};
          return SumBound::Part{choice.gpu == gpu ? vram_of(item, choice) : 0, choice.cost};
        }));
  }
}

std::int64_t Bounds::owed(std::size_t from, const Left& left) const {
  std::int64_t sum = 0;
  for (std::size_t group = 0; group < left.paid.size(); ++group) {
    sum += std::max<std::int64_t>(0, owed_[from][group] - left.paid[group]);
  }
  return sum;
}

Cost Bounds::least(std::size_t from, const Left& left) const {
  const std::int64_t vram = sum(left.gpus);
  const std::int64_t ram = left.ram - owed(from, left);
  if (ram < 0 && left.ram >= 0) return SumBound::kImpossible;
  Cost asked = 0;
  for (const auto& [gpu, bound] : of_gpus_) {
    asked = std::min(asked + bound.least(from, left.gpus[gpu]), SumBound::kImpossible);
  }
  return std::max({of_vram_.least(from, vram), of_ram_.least(from, ram),
                   of_both_.least(from, vram + ram), asked});
}

}  // namespace spillway::fit
