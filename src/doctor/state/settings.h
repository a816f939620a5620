#pragma once

#include <string>
#include <vector>

#include "doctor/state/machine_state.h"

namespace spillway::doctor {

/// A setting of the machine as it is, and what would suit it better. Neither is a finding.
struct Setting {
  std::string name, value;
  std::string advice;  // with its reason; empty where it is as it should be
};

/// zram, the kernel's settings that concern memory, limits, and who is spared when the kernel kills. What
/// the machine does not have is left out. The sources of the advice are in docs/doctor.md. Pure.
std::vector<Setting> settings_of(const MachineState& machine);

}  // namespace spillway::doctor
