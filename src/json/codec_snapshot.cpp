#include "json/codec_impl.h"
#include "json/fields_snapshot.h"

namespace spillway {

SPILLWAY_JSON_CODEC(PoolReading)
SPILLWAY_JSON_CODEC(StallReading)
SPILLWAY_JSON_CODEC(VmCounters)
SPILLWAY_JSON_CODEC(MemoryDetail)
SPILLWAY_JSON_CODEC(ProcessReading)
SPILLWAY_JSON_CODEC(DeviceUse)
SPILLWAY_JSON_CODEC(KernelEvent)
SPILLWAY_JSON_CODEC(Fault)
SPILLWAY_JSON_CODEC(Snapshot)

}  // namespace spillway
