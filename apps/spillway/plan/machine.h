#pragma once

#include "fit/choose/machine.h"
#include "model/status.h"

namespace spillway {

/// The machine that a report shows: of each memory what others hold now, and what the tenants in it
/// could give back. A pool whose use cannot be read is marked as assumed. Pure.
fit::Machine machine_of(const StatusReport& report);

/// Whether a driver is there; only the daemon's worker asks it.
bool has_gpu();

}  // namespace spillway
