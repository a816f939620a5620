#include "sense/gpu_device.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace spillway {
namespace {

constexpr std::array kDrivers{"amdgpu", "i915", "nvidia", "xe"};
/// NVIDIA's driver without a PCI device of its own: Tegra, and Windows's subsystem for Linux.
constexpr std::array kNvidiaNodes{"/dev/nvidiactl", "/dev/dxg"};

/// "0000:03:00.0", among "bind", "module" and the like.
bool is_address(std::string_view name) {
  constexpr std::string_view kForm = "xxxx:xx:xx.x";
  return name.size() == kForm.size() &&
         std::equal(name.begin(), name.end(), kForm.begin(), [](char c, char form) {
           const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           return form == 'x' ? hex : c == form;
         });
}

std::string device_path(const std::string& address) { return "/sys/bus/pci/devices/" + address; }

bool says(const SysRoot& root, const std::string& path, std::string_view beginning) {
  const auto text = root.read(path, 64);
  return text && trimmed(*text).starts_with(beginning);
}

}  // namespace

std::vector<std::string> devices_of(const SysRoot& root, std::string_view driver) {
  auto names = root.list("/sys/bus/pci/drivers/" + std::string(driver));
  if (!names) return {};
  std::erase_if(*names, [](const std::string& name) { return !is_address(name); });
  return *std::move(names);
}

bool is_asleep(const SysRoot& root, const std::string& address) {
  return says(root, device_path(address) + "/power/runtime_status", "suspend");  // or suspending
}

bool may_sleep(const SysRoot& root, const std::string& address) {
  return says(root, device_path(address) + "/power/control", "auto");
}

std::vector<std::string> drm_nodes(const SysRoot& root, const std::string& address) {
  auto names = root.list(device_path(address) + "/drm");
  if (!names) return {};
  std::erase_if(*names, [](const std::string& name) {
    return !name.starts_with("card") && !name.starts_with("renderD");
  });
  return *std::move(names);
}

std::string gpu_inventory(const SysRoot& root) {
  std::string all;
  for (const char* driver : kDrivers) {
    for (const std::string& address : devices_of(root, driver)) {
      if (address != kIntegratedIntel) all += std::string(driver) + ":" + address + " ";
    }
  }
  for (const char* node : kNvidiaNodes) {
    if (root.exists(node)) all += std::string(node) + " ";
  }
  return all;
}

}  // namespace spillway
