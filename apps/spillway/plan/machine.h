#pragma once

#include <optional>
#include <vector>

#include "fit/choose/machine.h"
#include "fit/choose/stack_file.h"
#include "model/status.h"

namespace spillway {

/// The machine that a report shows: of each memory what others hold now, and what the tenants in it
/// could give back. A pool whose use cannot be read is marked as assumed. Pure.
fit::Machine machine_of(const StatusReport& report);

/// Puts what somebody says in the place of what is measured: a card or RAM that is only talked about
/// is empty, but for the share of the OS.
void say(fit::Machine& machine, const fit::MachineAsked& asked);

}  // namespace spillway
