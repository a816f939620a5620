#include "fit/choose/story.h"

#include <algorithm>
#include <set>

#include "fit/choose/change.h"

namespace spillway::fit {
namespace {

/// One change on the way: of a component, or (without one) of those who hold a memory.
struct Turn {
  Change change;
  std::optional<std::size_t> component;
  std::size_t nth = 0;   // of the component's changes
  std::size_t pool = 0;  // whose holders give back
};

std::string list(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

class Storyteller {
 public:
  Storyteller(const Stack& stack, const Machine& machine, const Limits& limits)
      : stack_(stack), machine_(machine), limits_(limits) {}

  std::vector<Proposal> tell(Situation now, const Situation& to) const {
    now.yielded.resize(machine_.gpus.size() + 1);
    std::vector<Proposal> proposals;
    std::vector<Fill> before = fill(now, stack_, machine_, limits_);
    for (const Turn& turn : turns(now, to)) {
      take(turn, to, now);
      std::vector<Fill> after = fill(now, stack_, machine_, limits_);
      proposals.push_back(proposal(turn, before, after));
      before = std::move(after);
    }
    return proposals;
  }

 private:
  std::vector<Turn> turns(const Situation& from, const Situation& to) const {
    std::vector<Turn> turns;
    for (std::size_t pool = 0; pool < to.yielded.size(); ++pool) {
      if (!to.yielded[pool] || from.yielded[pool]) continue;
      turns.push_back({change_of(ChangeKind::unload_idle, ComponentKind::other, "gives back"),
                       std::nullopt, 0, pool});
    }
    for (const Placement& end : to.placements) {
      const Component& component = stack_[end.component];
      const auto add = [&](Change change, std::size_t nth) {
        turns.push_back({std::move(change), end.component, nth});
      };
      if (end.unloaded) {
        add(change_of(ChangeKind::unload_idle, component.kind, "unloaded while idle"), 0);
        continue;
      }
      const auto& changes = component.variants[end.variant].changes;
      for (std::size_t nth = 0; nth < changes.size(); ++nth) add(changes[nth], nth);
      if (end.gpu && end.gpu != from.placements[end.component].gpu) {
        add(change_of(ChangeKind::another_gpu, component.kind,
                      "on " + machine_.gpus[*end.gpu].name),
            changes.size());
      }
    }
    std::stable_sort(turns.begin(), turns.end(),
                     [](const Turn& a, const Turn& b) { return a.change.kind < b.change.kind; });
    return turns;
  }

  void take(const Turn& turn, const Situation& to, Situation& now) const {
    if (!turn.component) {
      now.yielded[turn.pool] = true;
      return;
    }
    Placement& placed = now.placements[*turn.component];
    const Placement& end = to.placements[*turn.component];
    const auto& variants = stack_[*turn.component].variants;
    const auto& changes = variants[end.variant].changes;
    if (end.unloaded || turn.nth + 1 >= changes.size()) {
      // The last of its own changes, or the move that follows them.
      const auto gpu = turn.nth < changes.size() && end.gpu ? placed.gpu : end.gpu;
      placed = end;
      placed.gpu = gpu;
      return;
    }
    // A variant that goes just so far, where there is one; else the last change gets it all.
    const auto so_far = static_cast<std::ptrdiff_t>(turn.nth + 1);
    for (std::size_t v = 0; v < variants.size(); ++v) {
      if (!std::equal(changes.begin(), changes.begin() + so_far, variants[v].changes.begin(),
                      variants[v].changes.end()))
        continue;
      placed.variant = v;
      placed.need = variants[v].need;
    }
  }

  Proposal proposal(const Turn& turn, const std::vector<Fill>& before,
                    const std::vector<Fill>& after) const {
    std::size_t pool = 0;
    const auto saved = [&](std::size_t i) {
      return before[i].others + before[i].peak.likely - after[i].others - after[i].peak.likely;
    };
    for (std::size_t i = 1; i < after.size(); ++i) {
      if (saved(i) > saved(pool)) pool = i;
    }
    const Room& room = pool < machine_.gpus.size() ? machine_.gpus[pool] : machine_.ram;
    return {turn.component ? stack_[*turn.component].name : list(room.holders),
            turn.change,
            after[pool].name,
            saved(pool),
            after[pool].peak_share,
            after[pool].level};
  }

  const Stack& stack_;
  const Machine& machine_;
  const Limits& limits_;
};

}  // namespace

std::vector<Proposal> story(const Situation& from, const Situation& to, const Stack& stack,
                            const Machine& machine, const Limits& limits) {
  return Storyteller(stack, machine, limits).tell(from, to);
}

std::vector<Proposal> alternatives(const Situation& asked, const Stack& stack,
                                   const Machine& machine, const Limits& limits) {
  std::vector<Proposal> found;
  std::set<std::pair<std::size_t, ChangeKind>> known;
  const auto try_out = [&](std::size_t component, const Placement& placed) {
    Situation end = asked;
    end.placements[component] = placed;
    if (!is_safe(fill(end, stack, machine, limits))) return;
    for (Proposal& proposal : story(asked, end, stack, machine, limits)) {
      if (!known.emplace(component, proposal.change.kind).second) continue;
      found.push_back(std::move(proposal));
    }
  };
  for (std::size_t i = 0; i < stack.size(); ++i) {
    Placement placed = asked.placements[i];
    if (stack[i].duty == Duty::idle) try_out(i, {i, 0, std::nullopt, true, {}});
    for (std::size_t v = 1; v < stack[i].variants.size(); ++v) {
      if (stack[i].variants[v].changes.size() != 1) continue;
      placed.variant = v;
      placed.need = stack[i].variants[v].need;
      placed.gpu = placed.need.on_gpu() ? asked.placements[i].gpu : std::nullopt;
      try_out(i, placed);
    }
  }
  std::stable_sort(found.begin(), found.end(), [](const Proposal& a, const Proposal& b) {
    return a.change.kind < b.change.kind;
  });
  return found;
}

}  // namespace spillway::fit
