#pragma once

#include <string_view>

#include "doctor/state/machine_state.h"

namespace spillway::doctor {

/// Adds to NVIDIA's GPUs what `nvidia-smi -q -x` says of them (its XML; the members that are read are there
/// since driver 450, gpu_recovery_action since 570). GPUs are told apart by their PCI address. What is not
/// there, "N/A" or garbage stays unknown. Pure.
void add_nvidia_smi(std::string_view xml, GpuState& state);

}  // namespace spillway::doctor
