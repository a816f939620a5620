#pragma once

#include <string>
#include <vector>

#include "fit/catalogue/rank.h"
#include "fit/choose/answer.h"

namespace spillway::fit {

struct Chosen {
  ComponentKind kind = ComponentKind::other;
  const CatalogueEntry* entry = nullptr;  // of the catalogue that was asked
  bool on_gpu = false;
};

/// One of each kind that was asked for, which together stay safe.
struct SuggestedStack {
  std::vector<Chosen> members;  // in the order of the kinds
  Answer answer;
};

struct Rejected {
  const CatalogueEntry* entry = nullptr;
  std::string why;
};

struct Suggestion {
  std::vector<SuggestedStack> stacks;  // the best and two runners-up; fewer when no more stay safe
  std::vector<Rejected> rejected;      // every other model of the kinds asked for
  bool exact = true;                   // false: the search was cut short
};

/// The best stack of one model per kind on a machine: the one whose members come earliest in the
/// order of their kinds, all kinds alike, and that stays safe. A language model goes to the CPU only
/// where there is no GPU; the others may. `catalogue` outlives the answer. Pure.
Suggestion suggest(const std::vector<ComponentKind>& kinds, const Catalogue& catalogue,
                   const Machine& machine, const Limits& limits, const Wishes& wishes);

}  // namespace spillway::fit
