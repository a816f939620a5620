#include "json/codec_impl.h"
#include "json/fields_plan.h"

namespace spillway {

SPILLWAY_JSON_CODEC(PoolAssessment)
SPILLWAY_JSON_CODEC(Assessment)
SPILLWAY_JSON_CODEC(PoolChange)
SPILLWAY_JSON_CODEC(Tenant)
SPILLWAY_JSON_CODEC(Offer)
SPILLWAY_JSON_CODEC(Demand)
SPILLWAY_JSON_CODEC(Step)
SPILLWAY_JSON_CODEC(Declined)
SPILLWAY_JSON_CODEC(Plan)
SPILLWAY_JSON_CODEC(Outcome)

}  // namespace spillway
