#pragma once

#include <string>
#include <vector>

#include "fit/choose/answer.h"
#include "fit/choose/change.h"

// Machines and components with round numbers, in MB (10^6), for tests.

namespace spillway::fit {

inline Bytes mb(double amount) { return {static_cast<std::int64_t>(amount * 1e6)}; }
inline Range flat(double amount) { return exactly(mb(amount)); }

inline Machine one_gpu(double vram, double ram) {
  Machine machine;
  machine.gpus.push_back(
      {.name = "vram", .total = mb(vram), .used = {}, .yields = {}, .holders = {}});
  machine.ram.total = mb(ram);
  return machine;
}

/// In VRAM (and in RAM) all the time, the same while it works.
inline Need need(double vram, double ram = 0) {
  return {flat(vram), flat(vram), flat(ram), flat(ram), {}, {}};
}

inline Component component(std::string name, ComponentKind kind, Need asked) {
  Component made;
  made.name = std::move(name);
  made.kind = kind;
  made.variants = {{{}, asked}};
  return made;
}

inline void offer(Component& to, ChangeKind kind, std::string what, Need need, int steps = 1) {
  to.variants.push_back({{change_of(kind, to.kind, std::move(what), steps)}, need});
}

}  // namespace spillway::fit
