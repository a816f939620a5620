// Kernel logs and the lines of whoever kills for memory.

#include "tests/fuzz/explain_log.h"

SPILLWAY_FUZZ(spillway::fuzz::explain_log)
