#pragma once

#include <string>

#include "gateway.h"

namespace spillway::gateway {

/// One generation on one line; nothing of what was said, and no key.
std::string line_of(const Generation& one);

}  // namespace spillway::gateway
