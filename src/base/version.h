#pragma once

#include <string_view>

namespace spillway {

/// The release, from the project() line of the top CMakeLists.txt.
inline constexpr std::string_view kVersion = SPILLWAY_VERSION;

}  // namespace spillway
