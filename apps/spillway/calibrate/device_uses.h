#pragma once

#include "calibrate/meter.h"
#include "session.h"

namespace spillway {

/// What the daemon says of devices, over a connection that is made here.
Answer<DeviceUses> device_uses(const Global& global);

}  // namespace spillway
