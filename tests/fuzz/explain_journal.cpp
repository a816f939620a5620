// Our own journal, and logs that are JSON themselves.

#include "tests/fuzz/explain_log.h"

SPILLWAY_FUZZ(spillway::fuzz::explain_log)
