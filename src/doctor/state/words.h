#pragma once

#include <string>
#include <string_view>

#include "doctor/state/machine_state.h"

namespace spillway::doctor {

/// One word of a shell command: quoted where it needs to be.
std::string shell_word(std::string_view text);

/// "python3 main.py (4711)".
std::string called(const Process& process);

/// "sudo sysctl -w vm.swappiness=10"
std::string set_sysctl(std::string_view key, std::string_view value);

}  // namespace spillway::doctor
