#pragma once

#include <string>
#include <vector>

#include "model/status.h"
#include "render/canvas.h"

namespace spillway {

/// The table of `spillway ps`: the tenants, biggest first. With `all` the biggest processes that are
/// no tenants follow. Pure.
std::vector<std::string> ps_lines(const StatusReport& report, bool all, const Canvas& canvas);

}  // namespace spillway
