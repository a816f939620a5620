#pragma once

#include <map>
#include <string>

#include "port/sys_root.h"

namespace spillway::doctor {

/// What a boot will set, and the file that says so.
struct SysctlLine {
  std::string value, file;
};

/// By name ("vm.swappiness"), as systemd-sysctl(8) reads sysctl.d(5): in the order of file names over all
/// folders; of one name only the most important folder's counts, the last line wins. Patterns are left out.
std::map<std::string, SysctlLine> configured_sysctls(const SysRoot& root);

}  // namespace spillway::doctor
