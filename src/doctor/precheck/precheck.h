#pragma once

#include <optional>
#include <string>
#include <vector>

#include "doctor/holders/holdings.h"
#include "doctor/state/machine_state.h"
#include "model/status.h"

namespace spillway::doctor {

/// What models that are to be started need of one memory, by a plan.
struct Need {
  PoolId pool;
  std::string name;          // "vram", "ram"
  Bytes needed, free, safe;  // safe: what may be taken without leaving the plan's limits
};
struct StackNeed {
  enum class Verdict { fits, fits_with_changes, does_not_fit } verdict = Verdict::fits;
  std::vector<Need> memories;        // those that it uses
  std::vector<std::string> changes;  // that make it fit
};

/// A line of the list before starting.
struct PrecheckItem {
  std::string name;
  bool good = false;
  std::string what;
  std::string fix, command;  // empty where it is good
};

struct Precheck {
  std::vector<PrecheckItem> items;
  std::vector<const Holding*>
      closable;  // programs of the desktop, biggest first; never closed by us
  std::vector<std::pair<PoolId, Bytes>> missing;  // what giving back could cure

  bool ready() const;
};

/// Whether this machine is ready for models: without `need` 2 GiB available, zram of 25 to 50 % of RAM,
/// 4 GiB of swap; with it the memories against the need, zram, swap, who else is on the GPU, and the
/// level now. Points into `holdings`. Pure.
Precheck precheck(const MachineState& machine, const StatusReport& report, const Holdings& holdings,
                  const std::optional<StackNeed>& need);

}  // namespace spillway::doctor
