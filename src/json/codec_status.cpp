#include "json/codec_impl.h"
#include "json/fields_status.h"

namespace spillway {

SPILLWAY_JSON_CODEC(PoolStatus)
SPILLWAY_JSON_CODEC(Capability)
SPILLWAY_JSON_CODEC(StatusReport)

}  // namespace spillway
