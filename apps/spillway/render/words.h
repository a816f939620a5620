#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/status.h"

namespace spillway {

// Small pieces of text that several verbs print. Pure.

/// "1.5 GiB"; "-" when unknown.
std::string amount(const std::optional<Bytes>& bytes);
/// "2.1 of 23.5 GiB", "512 MiB of 2 GiB", "2.1 GiB of ?".
std::string part_of(const std::optional<Bytes>& part, const std::optional<Bytes>& whole);
/// "+12 MiB/s, full in 4 min"; empty when it hardly changes.
std::string trend(const PoolAssessment& pool);

/// What people call the pools of one report: "vram" when there is one card, else the beginning of
/// its id; a cgroup by the end of its path.
class PoolNames {
 public:
  explicit PoolNames(const std::vector<PoolStatus>& pools);
  std::string of(const PoolId& pool) const;

 private:
  std::vector<PoolId> cards_;
};

/// "resident", "busy", "offloaded to cpu", "frozen", "not connected".
std::string state_of(const Tenant& tenant);
/// The highest measure in force that moved or stopped it; none when it is where it wants to be.
std::optional<Rung> moved_by(const Tenant& tenant);
/// "trim 64 MiB, shrink, offload"; "nothing: pinned".
/// Measures that do not work on this machine are left out.
std::string gives(const Tenant& tenant, const std::vector<Capability>& capabilities);
/// "freed 1.5 GiB of vram, charged 1.5 GiB of ram".
std::string changes(const std::vector<PoolChange>& changes);
/// "give: offload stt (1.5 GiB of vram)": a step, for plans and lists.
std::string sentence(const Step& step);

}  // namespace spillway
