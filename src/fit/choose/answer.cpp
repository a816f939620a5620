#include "fit/choose/answer.h"

#include <algorithm>
#include <array>

#include "fit/choose/asked.h"
#include "fit/choose/problem.h"
#include "fit/choose/story.h"

namespace spillway::fit {
namespace {

std::vector<LoadStep> loading(const Situation& situation, const Stack& stack,
                              const Machine& machine, const Limits& limits) {
  std::vector<std::size_t> order;
  for (const Placement& placed : situation.placements) {
    const bool waits = stack[placed.component].duty != Duty::on_demand;
    if (waits && !placed.unloaded) order.push_back(placed.component);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (stack[a].order != stack[b].order) return stack[a].order < stack[b].order;
    return stack[a].name < stack[b].name;
  });
  Situation loaded{{}, situation.yielded};
  std::vector<LoadStep> steps;
  for (const std::size_t component : order) {
    loaded.placements.push_back(situation.placements[component]);
    LoadStep& step = steps.emplace_back(LoadStep{stack[component].name, {}});
    for (const Fill& fill : fill(loaded, stack, machine, limits)) {
      step.shares.push_back(fill.idle_share);
    }
  }
  return steps;
}

/// What is left of a room without a component, and of the overhead that others pay for it.
Bytes room_for(const Room& room, const Fill& with, const Fill& without, Bytes own, Bytes overhead,
               const Limits& limits) {
  const Bytes left = safe_room(room, without.others, limits) - without.peak.likely;
  const Bytes added = with.peak.likely - without.peak.likely;
  return left + (own + overhead - added);
}

std::vector<Headroom> headrooms(const Situation& situation, const Stack& stack,
                                const Machine& machine, const Limits& limits) {
  const std::vector<Fill> with = fill(situation, stack, machine, limits);
  std::vector<Headroom> rooms;
  for (std::size_t i = 0; i < situation.placements.size(); ++i) {
    const Placement& placed = situation.placements[i];
    Situation others = situation;
    others.placements[i].unloaded = true;
    const std::vector<Fill> without = fill(others, stack, machine, limits);
    const Need& need = placed.need;
    Headroom& room = rooms.emplace_back();
    room.ram = room_for(machine.ram, with.back(), without.back(), need.ram_peak.likely,
                        need.ram_overhead.likely, limits);
    if (!placed.gpu) continue;
    const std::size_t gpu = *placed.gpu;
    room.vram = room_for(machine.gpus[gpu], with[gpu], without[gpu], need.vram_peak.likely,
                         need.vram_overhead.likely, limits);
  }
  return rooms;
}

void find_missing(Answer& answer, const Stack& stack, const Machine& machine,
                  const Limits& limits) {
  const auto fills = fill(at_smallest(stack, machine, limits), stack, machine, limits);
  for (std::size_t i = 0; i < machine.gpus.size(); ++i) {
    answer.missing_vram += excess(fills[i], machine.gpus[i], limits);
  }
  answer.missing_ram = excess(fills.back(), machine.ram, limits);
}

/// The cheapest way to stay below the lowest of the guard's levels that can be kept, or below the end.
/// Choices mean the same whatever the limits: the first translation reads the solution.
void find_nearest(Answer& answer, Solution& solution, const Stack& stack, const Machine& machine,
                  const Limits& limits) {
  for (const Level level : {Level::warning, Level::critical, Level::shutdown}) {
    Limits wider = limits;
    wider.safe = level == Level::shutdown ? 1.0 : limits.policy.at(level).enter;
    if (wider.safe <= limits.safe) continue;
    Solution found = solve(Translation(stack, machine, wider).problem());
    if (!found.found) continue;
    answer.nearest = wider.safe;
    solution = std::move(found);
    return;
  }
}

}  // namespace

std::string_view name(Verdict verdict) {
  constexpr std::array<std::string_view, 3> kNames{"fits", "fits_with_changes", "does_not_fit"};
  return kNames[static_cast<std::size_t>(verdict)];
}

Reached Answer::level_of(const std::vector<Fill>& fills) {
  Reached level = Reached::safe;
  for (const Fill& fill : fills) {
    if (fill.is_used()) level = std::max(level, fill.level);
  }
  return level;
}

Answer fit_stack(const Stack& stack, const Machine& machine, const Limits& limits) {
  Answer answer;
  const Translation translation(stack, machine, limits);
  Solution solution = solve(translation.problem());
  const bool is_safe = solution.found;
  answer.exact = solution.exact;
  if (!is_safe) {
    find_missing(answer, stack, machine, limits);
    find_nearest(answer, solution, stack, machine, limits);
  }
  Situation end = solution.found ? translation.situation_of(solution) : Situation{};
  const Situation asked = on_their_gpus(stack, machine, limits, end);
  answer.asked = fill(asked, stack, machine, limits);
  if (solution.found) answer.changes = story(asked, end, stack, machine, limits);
  answer.situation = solution.found ? std::move(end) : asked;
  answer.verdict = !is_safe                 ? Verdict::does_not_fit
                   : answer.changes.empty() ? Verdict::fits
                                            : Verdict::fits_with_changes;
  if (answer.verdict == Verdict::fits_with_changes && machine.gpus.size() < 2) {
    answer.alternatives = alternatives(asked, stack, machine, limits);
    if (answer.changes.size() == 1) {
      std::erase_if(answer.alternatives, [&](const Proposal& other) {
        return other.subject == answer.changes[0].subject &&
               other.change == answer.changes[0].change;
      });
    }
  }
  answer.planned = fill(answer.situation, stack, machine, limits);
  answer.loading = loading(answer.situation, stack, machine, limits);
  answer.headrooms = headrooms(answer.situation, stack, machine, limits);
  return answer;
}

}  // namespace spillway::fit
