#include "fit/choose/problem.h"

#include <algorithm>
#include <numeric>

namespace spillway::fit {
namespace {

constexpr int kDigit = 6;  // bits per kind of change in Cost::kinds
static_assert(kDigit * kChangeKinds <= 60);

Cost cost_of(ChangeKind kind, int steps) {
  const auto often = static_cast<Cost>(std::clamp(steps, 1, (1 << kDigit) - 1));
  return often << (kDigit * static_cast<int>(kind));
}

Load load(const Range& range) { return {range.likely.count, range.high.count}; }

std::vector<std::size_t> by_name(const Stack& stack) {
  std::vector<std::size_t> order(stack.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return stack[a].name < stack[b].name; });
  return order;
}

}  // namespace

Translation::Translation(const Stack& stack, const Machine& machine, const Limits& limits)
    : stack_(stack), order_(by_name(stack)) {
  for (std::size_t gpu = 0; gpu < machine.gpus.size(); ++gpu) {
    add_room(machine.gpus[gpu], gpu, limits);
  }
  add_room(machine.ram, kNoGpu, limits);
  for (const std::size_t i : order_) add(stack[i]);
}

void Translation::add_room(const Room& room, std::size_t gpu, const Limits& limits) {
  const bool is_gpu = gpu != kNoGpu;
  const Bytes others = others_in(room, is_gpu, true, limits);
  const Load left{safe_room(room, others, limits).count, (room.total - others).count};
  if (is_gpu) {
    problem_.gpus.push_back(left);
  } else {
    problem_.ram = left;
  }
  if (room.yields.count <= 0) return;
  const Load yields{room.yields.count, room.yields.count};
  problem_.yields.push_back({gpu, yields, cost_of(ChangeKind::unload_idle, 1)});
}

void Translation::add(const Component& component) {
  Item& item = problem_.items.emplace_back();
  item.priority = component.priority;
  meanings_.emplace_back();
  if (!component.process.empty()) {
    const auto found = std::find(processes_.begin(), processes_.end(), component.process);
    item.group = static_cast<std::size_t>(found - processes_.begin());
    if (found == processes_.end()) processes_.push_back(component.process);
  }
  for (std::size_t v = 0; v < component.variants.size(); ++v) {
    Cost cost = 0;
    for (const Change& change : component.variants[v].changes) {
      cost = cost + cost_of(change.kind, change.steps);
    }
    add(component, component.variants[v], {v, false}, cost);
  }
  if (component.duty != Duty::idle) return;
  add(component, {}, {0, true}, cost_of(ChangeKind::unload_idle, 1));
}

void Translation::add(const Component& component, const Variant& variant, Meaning meaning,
                      Cost cost) {
  const Need& need = variant.need;
  Choice choice{cost,
                need.on_gpu() ? component.gpu.value_or(kAnyGpu) : kNoGpu,
                load(need.vram_peak),
                load(need.ram_peak),
                load(need.vram_overhead),
                load(need.ram_overhead)};
  auto& choices = problem_.items.back().choices;
  if (choice.gpu >= kAnyGpu || choice.gpu < problem_.gpus.size()) {
    choices.push_back(choice);
    meanings_.back().push_back(meaning);
  }
  if (!need.on_gpu() || !component.gpu) return;
  choice.cost = choice.cost + cost_of(ChangeKind::another_gpu, 1);
  for (choice.gpu = 0; choice.gpu < problem_.gpus.size(); ++choice.gpu) {
    if (choice.gpu == component.gpu) continue;
    choices.push_back(choice);
    meanings_.back().push_back(meaning);
  }
}

Situation Translation::situation_of(const Solution& solution) const {
  Situation situation;
  situation.placements.resize(stack_.size());
  for (std::size_t i = 0; i < solution.picks.size(); ++i) {
    const auto [choice, gpu] = solution.picks[i];
    const Meaning meaning = meanings_[i][choice];
    Placement& placed = situation.placements[order_[i]];
    placed.component = order_[i];
    placed.variant = meaning.variant;
    placed.unloaded = meaning.unloaded;
    if (gpu != kNoGpu) placed.gpu = gpu;
    if (!meaning.unloaded) placed.need = stack_[order_[i]].variants[meaning.variant].need;
  }
  situation.yielded.assign(problem_.gpus.size() + 1, false);
  for (std::size_t i = 0; i < solution.yielded.size(); ++i) {
    const std::size_t gpu = problem_.yields[i].gpu;
    situation.yielded[gpu == kNoGpu ? problem_.gpus.size() : gpu] = solution.yielded[i];
  }
  return situation;
}

}  // namespace spillway::fit
