#include "doctor/tune/use.h"

#include <algorithm>

#include "doctor/tune/machine.h"

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

TuneUse use_of_meminfo(std::string_view text) {
  TuneUse use;
  use.available = meminfo_field(text, "MemAvailable");
  const auto total = meminfo_field(text, "MemTotal");
  if (total && use.available) use.ram = *total - *use.available;
  const auto swap = meminfo_field(text, "SwapTotal"), free = meminfo_field(text, "SwapFree");
  if (swap && free) use.swap = *swap - *free;
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
