#include "doctor/tune/use.h"

#include <algorithm>

namespace spillway::doctor {
namespace {

void extend(std::optional<Bytes>& into, const std::optional<Bytes>& moment, bool most) {
  if (!moment) return;
  if (!into) {
    into = moment;
  } else {
    into = most ? std::max(*into, *moment) : std::min(*into, *moment);
  }
}

}  // namespace

void TuneUse::add(const TuneUse& moment) {
  extend(ram, moment.ram, true);
  extend(vram, moment.vram, true);
  extend(swap, moment.swap, true);
  extend(available, moment.available, false);
}

TuneUse use_of(const MemoryState& memory) {
  TuneUse use;
  use.available = memory.available;
  if (memory.total && memory.available) use.ram = *memory.total - *memory.available;
  if (memory.swap_total && memory.swap_free) use.swap = *memory.swap_total - *memory.swap_free;
  return use;
}

std::optional<bool> TargetCheck::met() const {
  if (!measured) return std::nullopt;
  return at_least ? *measured >= target : *measured <= target;
}

std::vector<TargetCheck> check_target(const TuneTarget& target, const TuneUse& use,
                                      const TuneUse& before) {
  std::vector<TargetCheck> checks;
  const auto add = [&](const char* name, std::optional<Bytes> TuneTarget::*wanted,
                       std::optional<Bytes> TuneUse::*part, bool at_least) {
    if (target.*wanted) {
      checks.push_back({name, *(target.*wanted), at_least, before.*part, use.*part});
    }
  };
  add("ram", &TuneTarget::ram, &TuneUse::ram, false);
  add("vram", &TuneTarget::vram, &TuneUse::vram, false);
  add("swap", &TuneTarget::swap, &TuneUse::swap, false);
  add("available", &TuneTarget::available, &TuneUse::available, true);
  return checks;
}

}  // namespace spillway::doctor
