#pragma once

#include <optional>
#include <string>
#include <vector>

#include "doctor/tune/machine.h"

namespace spillway::doctor {

/// What the machine is wanted to stay within.
struct TuneTarget {
  std::optional<Bytes> ram, vram, swap;  // in use, at most
  std::optional<Bytes> available;        // left over, at least
};

/// What is kept free for everything else where no target says it (check wants as much).
inline constexpr Bytes kUsualAvailable = 2_GiB;

/// The kinds of drop-in files that a change is written to.
enum class TuneHome { sysctl, tmpfile, zram, unit };

/// One setting, as it is and as it should be.
struct TuneChange {
  std::string key;  // "vm.swappiness", "zram0.zram-size", "ollama.service.MemoryMax"
  TuneHome home = TuneHome::sysctl;
  std::string group;                  // the unit; else empty
  std::string name;                   // as the file spells it: "MemoryMax"
  std::string live;                   // the kernel's file; empty: none is written
  std::optional<std::string> before;  // nullopt: not set, or not known of an image
  std::string after;
  std::string reason, source;
};

/// What a person would have to do: nothing of it is ever written.
struct TuneAdvice {
  std::string about, reason, source;
  std::vector<std::string> commands;
};

struct Recommendation {
  std::vector<TuneChange> changes;
  std::vector<TuneAdvice> advice;
};

/// What to change on this machine for this target. Pure; nothing that is right already is named.
Recommendation recommend(const TuneMachine& machine, const TuneTarget& target);

/// Only the changes whose key one of `only` matches ('*' as in matches(); empty: all), without
/// those that one of `skip` matches.
void choose_changes(Recommendation& recommendation, const std::vector<std::string>& only,
                    const std::vector<std::string>& skip);

}  // namespace spillway::doctor
