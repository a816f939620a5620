#pragma once

#include <string_view>
#include <vector>

#include "doctor/state/machine_state.h"
#include "port/sys_root.h"

namespace spillway::doctor {

/// What the administrator's unit files and drop-ins below /etc/systemd say about memory
/// (systemd.resource-control(5), systemd.exec(5)). Links are not followed; at most 500 files of 64 KiB.
std::vector<UnitSetting> read_units(const SysRoot& root);

/// The settings in one file's text: "Key=Value" lines, the sections not regarded.
std::vector<UnitSetting> parse_unit(std::string_view text, const std::string& file,
                                    const std::string& unit);

}  // namespace spillway::doctor
