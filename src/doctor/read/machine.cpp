#include "doctor/read/machine.h"

#include "doctor/read/gpus.h"
#include "doctor/read/groups.h"
#include "doctor/read/kernel.h"
#include "doctor/read/memory.h"
#include "doctor/read/processes.h"
#include "doctor/read/units.h"
#include "port/cgroup_fs.h"

namespace spillway::doctor {
namespace {

std::string cgroup_version(const SysRoot& root) {
  const auto cgroups = CgroupFs::locate(root);
  if (!cgroups || !cgroups->memory()) return {};
  return cgroups->memory()->version == CgroupVersion::v2 ? "v2" : "v1";
}

}  // namespace

MachineState read_machine(const SysRoot& root) {
  return {.memory = read_memory(root),
          .kernel = read_kernel(root),
          .processes = read_processes(root),
          .swaps = read_swap_areas(root),
          .zram = read_zram(root),
          .groups = read_groups(root),
          .units = read_units(root),
          .gpu = read_gpus(root),
          .limits = read_limits(root),
          .cgroup_version = cgroup_version(root)};
}

}  // namespace spillway::doctor
