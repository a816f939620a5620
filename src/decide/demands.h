#pragma once

#include "decide/round.h"

namespace spillway {

/// Serves the open demands in the order of their ids, whatever the levels say: the next step of
/// each, or its end (met, or refused with the reason). A dry run gets all its steps at once,
/// predicted from the estimates, and ends with that; its steps carry its id and must not be run.
void serve(Round& round);

}  // namespace spillway
