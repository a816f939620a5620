#include "fit/choose/asked.h"

#include <algorithm>
#include <numeric>
#include <optional>

namespace spillway::fit {
namespace {

Bytes size_in_all(const Variant& variant) {
  return variant.need.vram_peak.likely + variant.need.ram_peak.likely;
}

const Room& room_of(const Machine& machine, std::size_t pool) {
  return pool < machine.gpus.size() ? machine.gpus[pool] : machine.ram;
}

/// The variants that need the least VRAM, and of those on a GPU the least in all, wherever they can
/// run.
std::vector<Placement> small_ways(const Component& component, std::size_t number,
                                  const Machine& machine) {
  const auto& variants = component.variants;
  const auto in_vram = [](const Variant& a, const Variant& b) {
    const Bytes left = a.need.vram_peak.likely, right = b.need.vram_peak.likely;
    return left != right ? left < right : size_in_all(a) < size_in_all(b);
  };
  const auto in_all = [](const Variant& a, const Variant& b) {
    if (a.need.on_gpu() != b.need.on_gpu()) return a.need.on_gpu();
    return size_in_all(a) < size_in_all(b);
  };
  std::vector<Placement> ways;
  for (const auto& smallest : {std::min_element(variants.begin(), variants.end(), in_vram),
                               std::min_element(variants.begin(), variants.end(), in_all)}) {
    const auto variant = static_cast<std::size_t>(smallest - variants.begin());
    Placement way{number, variant, std::nullopt, false, smallest->need};
    if (!way.need.on_gpu() || machine.gpus.empty()) ways.push_back(way);
    for (std::size_t gpu = 0; way.need.on_gpu() && gpu < machine.gpus.size(); ++gpu) {
      way.gpu = gpu;
      ways.push_back(way);
    }
  }
  return ways;
}

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

Bytes excess(const Fill& fill, const Room& room, const Limits& limits) {
  if (!fill.is_used()) return {};
  return std::max(Bytes{}, fill.peak.likely - safe_room(room, fill.others, limits));
}

Situation at_smallest(const Stack& stack, const Machine& machine, const Limits& limits) {
  Situation situation;
  situation.yielded.assign(machine.gpus.size() + 1, true);
  std::vector<std::vector<Placement>> ways(stack.size());
  for (std::size_t i = 0; i < stack.size(); ++i) {
    situation.placements.push_back({i, 0, std::nullopt, true, {}});  // until it has its place
    if (stack[i].duty != Duty::idle) ways[i] = small_ways(stack[i], i, machine);
  }
  std::vector<std::size_t> order(stack.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return size_in_all(stack[a].variants.front()) > size_in_all(stack[b].variants.front());
  });
  for (const std::size_t i : order) {
    std::optional<Placement> best;
    Bytes least = Bytes::limit(false);
    for (const Placement& way : ways[i]) {
      situation.placements[i] = way;
      const auto fills = fill(situation, stack, machine, limits);
      Bytes sum;
      for (std::size_t pool = 0; pool < fills.size(); ++pool) {
        sum += excess(fills[pool], room_of(machine, pool), limits);
      }
      if (sum >= least) continue;
      least = sum;
      best = way;
    }
    if (best) situation.placements[i] = *best;
  }
  return situation;
}

}  // namespace spillway::fit
