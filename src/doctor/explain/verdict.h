#pragma once

#include "doctor/finding.h"

namespace spillway::doctor {

/// Says why a failed allocation failed, as far as its figures tell, unless its source has said so already:
/// fragmentation: idle reserve >= the request and >= 10 % of the reserve; burst: one request >= 10 % of the
/// device (or plainly giant) and larger than what was free; overload: a smaller one on a full device; limit: a
/// configured wall. `because` gets the figures.
void judge(Finding& finding);

/// The same for a storm as a whole: memory that stayed the same for an hour and more is load, and what only ever
/// grew from error to error is a leak.
void judge_storm(Finding& finding);

}  // namespace spillway::doctor
