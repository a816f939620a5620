#pragma once

#include <optional>
#include <string>
#include <vector>

#include "doctor/tune/recommend.h"

namespace spillway::doctor {

/// What was in use over a time: the most of what is used, the least of what was available.
struct TuneUse {
  std::optional<Bytes> ram, vram, swap, available;

  /// Takes another moment in.
  void add(const TuneUse& moment);
};

/// `ram` is what is not available. VRAM it does not know.
TuneUse use_of(const MemoryState& memory);

/// One part of a target against what was measured.
struct TargetCheck {
  std::string name;  // "ram", "vram", "swap", "available"
  Bytes target;
  bool at_least = false;  // else at most
  std::optional<Bytes> before, measured;
  std::optional<bool> met() const;
};

/// The parts that the target has, in the order of its members. Pure.
std::vector<TargetCheck> check_target(const TuneTarget& target, const TuneUse& use,
                                      const TuneUse& before = {});

}  // namespace spillway::doctor
