#pragma once

#include "fit/choose/ways.h"
#include "render/plan_svg.h"

namespace spillway {

/// What `models` need together in VRAM (in RAM where none uses any) at one length of the context after
/// another, from 512 tokens to twice what was asked for. Of one model its parts are shown, of several
/// each model. `needs`: of each, in their order. Overheads count per model: it is a picture of growth, not the plan.
PlanChart chart_of(const std::vector<fit::ModelToPlan>& models, Bytes total, double safe,
                   const std::vector<fit::FootprintOf>& needs);

}  // namespace spillway
