#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fit/choose/situation.h"

namespace spillway::fit {

enum class Verdict : std::uint8_t { fits, fits_with_changes, does_not_fit };
std::string_view name(Verdict verdict);

/// One change, what it saves and what comes of it.
struct Proposal {
  std::string subject;  // the component, or those who are to give back
  Change change;
  std::string pool;  // where it saves most
  Bytes saves;       // there, of the likely peak
  double share = 0;  // of that pool at the peak, this change and those before it made
  Reached level = Reached::safe;
};

/// How full each memory is (as in Answer::asked) once this component is loaded, too.
struct LoadStep {
  std::string component;
  std::vector<double> shares;
};

/// What a component may take, overhead included, for everything to stay safe.
struct Headroom {
  Bytes vram, ram;
};

/// What becomes of a stack on a machine.
struct Answer {
  Verdict verdict = Verdict::fits;
  bool exact = true;                   // false: a cheaper set of changes may exist
  std::vector<Fill> asked;             // as it was asked for: a row per GPU, then RAM
  std::vector<Fill> planned;           // with the changes; as `asked` where none are
  Situation situation;                 // of `planned`; of `asked` where it does not fit
  std::vector<Proposal> changes;       // all of them are needed, in this order
  std::vector<Proposal> alternatives;  // each would do alone; only on a machine of one GPU or none
  std::vector<LoadStep> loading;       // of `planned`
  std::vector<Headroom> headrooms;     // per component, in `planned`
  Bytes missing_vram, missing_ram;  // where it does not fit: even with everything at its smallest
  /// Where nothing keeps it safe, `changes` and `planned` are the least that keeps every memory below
  /// this share: a guard's level, or all there is. None where not even that can be done.
  std::optional<double> nearest;

  /// The highest level of the memories that the stack uses.
  static Reached level_of(const std::vector<Fill>& fills);
};

/// The cheapest set of changes that makes a stack safe on a machine. Pure and deterministic; exact
/// for what solve() searches to its end (twelve components on four GPUs). Every component has a
/// variant at least.
Answer fit_stack(const Stack& stack, const Machine& machine, const Limits& limits);

}  // namespace spillway::fit
