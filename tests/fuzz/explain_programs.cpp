// What programs print when memory runs out.

#include "tests/fuzz/explain_log.h"

SPILLWAY_FUZZ(spillway::fuzz::explain_log)
