#pragma once

#include "fit/choose/machine.h"
#include "model/status.h"
#include "session.h"

namespace spillway {

/// The machine that a report shows: of each memory what others hold now, and what the tenants in it
/// could give back. A pool whose use cannot be read is marked as assumed. Pure.
fit::Machine machine_of(const StatusReport& report);

struct SeenMachine {
  fit::Machine machine;
  std::string source;  // "daemon", "direct"
  /// False where a driver is there and no daemon, whose worker alone asks drivers.
  bool gpus_known = true;
};

/// What the daemon sees, or this process without one.
Answer<SeenMachine> look_at_machine(const Global& global);

}  // namespace spillway
