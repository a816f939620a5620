#pragma once

#include <optional>
#include <string>

namespace spillway {

/// The journal of the daemon that runs or has run here: the user's, else the system's; nullopt where there
/// is none that may be read.
std::optional<std::string> usual_journal();

}  // namespace spillway
