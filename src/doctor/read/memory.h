#pragma once

#include <string_view>
#include <vector>

#include "doctor/state/machine_state.h"
#include "port/sys_root.h"

namespace spillway::doctor {

MemoryState parse_meminfo(std::string_view text);
std::vector<SwapArea> parse_swap_areas(std::string_view text);

MemoryState read_memory(const SysRoot& root);
std::vector<SwapArea> read_swap_areas(const SysRoot& root);
/// Devices that were given a size.
std::vector<ZramDevice> read_zram(const SysRoot& root);

}  // namespace spillway::doctor
