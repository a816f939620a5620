#pragma once

#include "verbs/tune.h"

namespace spillway {

/// `tune recommend --app FILE`: the changes as a diff on standard output, the reasons on standard error.
ExitCode recommend_for_service(const Global& global, const TuneOptions& options);

}  // namespace spillway
