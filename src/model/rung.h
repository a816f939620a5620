#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace spillway {

/// The ways to give memory back, in the order of what they cost the person. `refuse` takes no
/// memory: it stops new work (leases, loads) at the shutdown level.
enum class Rung {
  notify,
  trim,
  unload_idle,
  shrink,
  reclaim,
  offload,
  spill,
  evict,
  freeze,
  preserve,
  refuse,
  stop
};

inline constexpr std::array kRungs{Rung::notify,  Rung::trim,     Rung::unload_idle, Rung::shrink,
                                   Rung::reclaim, Rung::offload,  Rung::spill,       Rung::evict,
                                   Rung::freeze,  Rung::preserve, Rung::refuse,      Rung::stop};

constexpr std::string_view name(Rung rung) {
  constexpr std::array<std::string_view, kRungs.size()> kNames{
      "notify", "trim",  "unload_idle", "shrink",   "reclaim", "offload",
      "spill",  "evict", "freeze",      "preserve", "refuse",  "stop"};
  return kNames[static_cast<std::size_t>(rung)];
}

constexpr std::optional<Rung> parse_rung(std::string_view text) {
  for (const Rung rung : kRungs) {
    if (name(rung) == text) return rung;
  }
  return std::nullopt;
}

}  // namespace spillway
