#pragma once

#include <optional>
#include <string>

namespace spillway {

/// The journal that this user's daemon, else the system's, writes or last wrote: the first that can be read.
std::optional<std::string> usual_journal();

}  // namespace spillway
