#include "fit/catalogue/suggest.h"

#include <algorithm>
#include <queue>
#include <set>

#include "fit/choose/change.h"
#include "fit/choose/problem.h"

namespace spillway::fit {
namespace {

constexpr std::size_t kStacks = 3;
constexpr std::size_t kMostTried = 20'000;

using Ranked = std::vector<const CatalogueEntry*>;
/// For each kind the place of its model in the ranking.
using Selection = std::vector<std::size_t>;

/// On the GPU first; a helper on the CPU, where it costs next to nothing.
Component component_of(const CatalogueEntry& entry, const Machine& machine) {
  Component component;
  component.name = entry.name;
  component.kind = entry.kind;
  const bool has_gpu = !machine.gpus.empty();
  const bool may_use_cpu = entry.kind != ComponentKind::llm || !has_gpu;
  const auto on_gpu = has_gpu ? need_of(entry, true) : std::nullopt;
  const auto on_cpu = may_use_cpu ? need_of(entry, false) : std::nullopt;
  if (on_gpu) component.variants.push_back({{}, *on_gpu});
  if (!on_cpu) return component;
  Variant variant{{}, *on_cpu};
  if (on_gpu && is_helper(entry.kind)) {
    component.variants.insert(component.variants.begin(), variant);
  } else {
    if (on_gpu) {
      variant.changes = {change_of(ChangeKind::whole_on_cpu, entry.kind, "on the CPU")};
    }
    component.variants.push_back(variant);
  }
  return component;
}

class Chooser {
 public:
  Chooser(const std::vector<ComponentKind>& kinds, const Machine& machine, const Limits& limits,
          std::vector<Ranked> ranked)
      : kinds_(kinds), machine_(machine), limits_(limits), ranked_(std::move(ranked)) {}

  /// Selections in the order of the sum of their places, until three stay safe.
  void run(Suggestion& into) {
    const bool hopeless =
        std::any_of(ranked_.begin(), ranked_.end(), [](const Ranked& r) { return r.empty(); });
    if (hopeless) return;
    using Waiting = std::pair<std::size_t, Selection>;
    std::priority_queue<Waiting, std::vector<Waiting>, std::greater<>> waiting;
    std::set<Selection> seen;
    waiting.push({0, Selection(kinds_.size(), 0)});
    std::size_t tried = 0;
    while (!waiting.empty() && into.stacks.size() < kStacks) {
      const auto [sum, selection] = waiting.top();
      waiting.pop();
      if (++tried > kMostTried) {
        into.exact = false;
        return;
      }
      try_out(selection, into);
      for (std::size_t kind = 0; kind < selection.size(); ++kind) {
        Selection next = selection;
        if (++next[kind] >= ranked_[kind].size() || !seen.insert(next).second) continue;
        waiting.push({sum + 1, std::move(next)});
      }
    }
  }

  /// Why the best stack has another member of that kind.
  std::string why_not(const CatalogueEntry& entry, std::size_t kind,
                      const SuggestedStack* best) const {
    if (best == nullptr) return "no stack with it stays safe";
    const std::string worse = against(entry, *best->members[kind].entry);
    Stack stack = stack_of(*best);
    stack[kind] = component_of(entry, machine_);
    if (is_placeable(stack)) return worse.empty() ? "the name comes later" : worse;
    return "too large beside the others" + (worse.empty() ? "" : "; " + worse);
  }

 private:
  Stack stack_of(const SuggestedStack& suggested) const {
    Stack stack;
    for (const Chosen& chosen : suggested.members) {
      stack.push_back(component_of(*chosen.entry, machine_));
    }
    return stack;
  }

  bool is_placeable(const Stack& stack) const {
    const bool nowhere = std::any_of(stack.begin(), stack.end(),
                                     [](const Component& c) { return c.variants.empty(); });
    return !nowhere && solve(Translation(stack, machine_, limits_).problem()).found;
  }

  void try_out(const Selection& selection, Suggestion& into) const {
    SuggestedStack suggested;
    for (std::size_t kind = 0; kind < selection.size(); ++kind) {
      suggested.members.push_back({kinds_[kind], ranked_[kind][selection[kind]], false});
    }
    const Stack stack = stack_of(suggested);
    if (!is_placeable(stack)) return;
    suggested.answer = fit_stack(stack, machine_, limits_);
    for (std::size_t i = 0; i < stack.size(); ++i) {
      suggested.members[i].on_gpu = suggested.answer.situation.placements[i].gpu.has_value();
    }
    into.stacks.push_back(std::move(suggested));
  }

  const std::vector<ComponentKind>& kinds_;
  const Machine& machine_;
  const Limits& limits_;
  const std::vector<Ranked> ranked_;
};

}  // namespace

Suggestion suggest(const std::vector<ComponentKind>& kinds, const Catalogue& catalogue,
                   const Machine& machine, const Limits& limits, const Wishes& wishes) {
  Suggestion suggestion;
  std::vector<Ranked> ranked(kinds.size()), unsized(kinds.size());
  for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
    for (const CatalogueEntry& entry : catalogue) {
      if (entry.kind != kinds[kind]) continue;
      const std::string why = ruled_out(entry, wishes);
      if (!why.empty()) {
        suggestion.rejected.push_back({&entry, why});
      } else if (need_of(entry, true) || need_of(entry, false)) {
        ranked[kind].push_back(&entry);
      } else {
        unsized[kind].push_back(&entry);
      }
    }
    std::sort(ranked[kind].begin(), ranked[kind].end(),
              [](const auto* a, const auto* b) { return comes_before(*a, *b); });
  }
  Chooser chooser(kinds, machine, limits, ranked);
  chooser.run(suggestion);
  for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
    const SuggestedStack* best = suggestion.stacks.empty() ? nullptr : &suggestion.stacks.front();
    for (const CatalogueEntry* entry : unsized[kind]) {
      suggestion.rejected.push_back({entry, best ? against(*entry, *best->members[kind].entry)
                                                 : "its size is not published"});
    }
    for (const CatalogueEntry* entry : ranked[kind]) {
      if (best && entry == best->members[kind].entry) continue;
      suggestion.rejected.push_back({entry, chooser.why_not(*entry, kind, best)});
    }
  }
  std::stable_sort(suggestion.rejected.begin(), suggestion.rejected.end(),
                   [](const Rejected& a, const Rejected& b) { return a.entry < b.entry; });
  return suggestion;
}

}  // namespace spillway::fit
