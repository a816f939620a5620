#pragma once

#include <string>

#include "console.h"

namespace spillway {

/// Writes what --html asked for; where that fails it is told.
bool write_page(const Console& console, const std::string& path, const std::string& page);

}  // namespace spillway
