#include "fit/choose/asked.h"

#include <algorithm>
#include <utility>

namespace spillway::fit {
namespace {

/// Gives those of `situation` a GPU who want one and have none.
void place_on_gpus(Situation& situation, const Stack& stack, const Machine& machine,
                   const Limits& limits) {
  if (machine.gpus.empty()) return;
  std::vector<Placement*> waiting;
  for (Placement& placed : situation.placements) {
    const auto asked = stack[placed.component].gpu;
    if (!placed.need.on_gpu() || placed.unloaded) continue;
    if (asked && *asked < machine.gpus.size()) placed.gpu = asked;
    if (!placed.gpu) waiting.push_back(&placed);
  }
  std::stable_sort(waiting.begin(), waiting.end(), [](const Placement* a, const Placement* b) {
    return a->need.vram_peak.likely > b->need.vram_peak.likely;
  });
  for (Placement* placed : waiting) {
    const std::vector<Fill> fills = fill(situation, stack, machine, limits);
    std::size_t best = 0;
    const auto left = [&](std::size_t gpu) {
      return safe_room(machine.gpus[gpu], fills[gpu].others, limits) - fills[gpu].peak.likely;
    };
    for (std::size_t gpu = 1; gpu < machine.gpus.size(); ++gpu) {
      if (left(gpu) > left(best)) best = gpu;
    }
    placed->gpu = best;
  }
}

}  // namespace

Situation on_their_gpus(const Stack& stack, const Machine& machine, const Limits& limits,
                        const Situation& end) {
  Situation situation;
  for (std::size_t i = 0; i < stack.size(); ++i) {
    Placement placed{i, 0, std::nullopt, false, stack[i].variants.front().need};
    if (i < end.placements.size() && placed.need.on_gpu()) placed.gpu = end.placements[i].gpu;
    situation.placements.push_back(placed);
  }
  place_on_gpus(situation, stack, machine, limits);
  return situation;
}

Situation at_smallest(Smallest by, const Stack& stack, const Machine& machine,
                      const Limits& limits) {
  Situation situation;
  const auto size = [by](const Variant& variant) {
    const Bytes vram = variant.need.vram_peak.likely, ram = variant.need.ram_peak.likely;
    return by == Smallest::in_vram ? std::pair(vram, ram) : std::pair(vram + ram, vram);
  };
  for (std::size_t i = 0; i < stack.size(); ++i) {
    const auto& variants = stack[i].variants;
    const auto smallest =
        std::min_element(variants.begin(), variants.end(),
                         [&](const Variant& a, const Variant& b) { return size(a) < size(b); });
    Placement placed{i, static_cast<std::size_t>(smallest - variants.begin()), std::nullopt,
                     stack[i].duty == Duty::idle, smallest->need};
    situation.placements.push_back(placed);
  }
  situation.yielded.assign(machine.gpus.size() + 1, true);
  place_on_gpus(situation, stack, machine, limits);
  return situation;
}

}  // namespace spillway::fit
