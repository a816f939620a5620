#pragma once

#include <string>

#include "base/result.h"
#include "doctor/tune/manifest.h"

namespace spillway {

/// Leaves a process behind that takes the application back when its time has passed and nobody has
/// confirmed it. It has no terminal, belongs to no session, is spared by the OOM killer where that is
/// allowed, and ends as soon as there is nothing to wait for. What it cannot do, because it was killed
/// too, the next `spillway tune` does; see docs/decisions/0008-tune-tries-first.md.
Status leave_reverter(const std::string& root, const doctor::TuneManifest& manifest);

}  // namespace spillway
