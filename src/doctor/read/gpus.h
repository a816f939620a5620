#pragma once

#include "doctor/state/machine_state.h"
#include "port/sys_root.h"

namespace spillway::doctor {

/// The GPUs that a driver has, from sysfs alone: none is woken, no driver is called. Error counts are
/// those of amdgpu (Documentation/gpu/amdgpu/ras.rst: gpu_vram_bad_pages, umc_err_count).
GpuState read_gpus(const SysRoot& root);

}  // namespace spillway::doctor
