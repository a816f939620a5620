#pragma once

#include <string>
#include <vector>

#include "model/status.h"
#include "render/canvas.h"

namespace spillway {

/// The screen of `spillway status`: the verdict, a line per pool, stalls, tenants, what comes next.
/// Cgroup pools are listed only where they are short. Pure.
std::vector<std::string> status_lines(const StatusReport& report, const Canvas& canvas);

/// What `status --verbose` adds: what works on this machine, and what has been done so far.
std::vector<std::string> detail_lines(const StatusReport& report, const Canvas& canvas);

}  // namespace spillway
