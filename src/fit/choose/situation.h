#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fit/choose/component.h"
#include "fit/choose/machine.h"

namespace spillway::fit {

/// Where a component runs and how.
struct Placement {
  std::size_t component = 0;       // of the stack
  std::size_t variant = 0;         // of the component
  std::optional<std::size_t> gpu;  // none: the CPU, or not loaded
  bool unloaded = false;
  Need need;  // of that variant, nothing when unloaded
};

/// One memory with everything in it: what others hold (the reserve included) and what the stack
/// takes, while it waits and at its peak.
struct Fill {
  std::string name;
  Bytes total, others;
  Range idle, peak;
  double idle_share = 0, peak_share = 0;  // as likely, of the total
  Reached idle_level = Reached::safe, level = Reached::safe;

  bool is_used() const { return peak.high.count > 0; }
};

/// A stack placed on a machine: who is where, and which memories others have given back in.
struct Situation {
  std::vector<Placement> placements;
  std::vector<bool> yielded;  // per GPU, then RAM
};

/// Adds it up: a row per GPU, then RAM. What components of one process share is counted once in each
/// memory.
std::vector<Fill> fill(const Situation& situation, const Stack& stack, const Machine& machine,
                       const Limits& limits);

/// The most bytes that may be taken of a room for it to stay safe; negative when others hold more.
Bytes safe_room(const Room& room, Bytes others, const Limits& limits);
/// What others hold there, with the reserve where it is a GPU.
Bytes others_in(const Room& room, bool is_gpu, bool yielded, const Limits& limits);

/// Every memory that the stack uses stays safe, and at worst within its size.
bool is_safe(const std::vector<Fill>& fills);

}  // namespace spillway::fit
