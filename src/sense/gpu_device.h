#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "port/sys_root.h"

namespace spillway {

// GPUs as the kernel lists them (Documentation/ABI/testing/sysfs-bus-pci, sysfs-devices-power). None of
// these files wakes a GPU or asks its driver.

/// PCI addresses ("0000:03:00.0") of the devices that a driver has, ascending.
std::vector<std::string> devices_of(const SysRoot& root, std::string_view driver);

/// Whether it is switched off until somebody uses it (power/runtime_status). No file means awake.
bool is_asleep(const SysRoot& root, const std::string& address);
/// Whether the kernel may switch it off while nobody uses it (power/control).
bool may_sleep(const SysRoot& root, const std::string& address);

/// Names below /dev/dri of its DRM nodes: "card0", "renderD128".
std::vector<std::string> drm_nodes(const SysRoot& root, const std::string& address);

/// Intel's integrated GPU, which has had this place on every processor.
inline constexpr std::string_view kIntegratedIntel = "0000:00:02.0";

/// Every GPU that spillway-worker can watch, one word each; empty: it need not be started. A different
/// text later means that GPUs came or went. Four directory reads.
std::string gpu_inventory(const SysRoot& root);

}  // namespace spillway
