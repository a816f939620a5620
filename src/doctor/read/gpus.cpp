#include "doctor/read/gpus.h"

#include <algorithm>

#include "doctor/read/fields.h"

namespace spillway::doctor {
namespace {

constexpr std::array kDrivers{"amdgpu", "i915", "nvidia", "xe"};
constexpr std::size_t kMostGpus = 64;
constexpr std::size_t kLongestFile = 64 * 1024;

std::string text_of(const SysRoot& root, const std::string& path) {
  const auto text = root.read(path, kLongestFile);
  return text ? std::string(trimmed(*text)) : std::string();
}

/// A page a line: "0x00000001 : 0x00001000 : R", R for reserved (retired).
std::optional<std::uint64_t> bad_pages(const SysRoot& root, const std::string& path) {
  if (!root.exists(path)) return std::nullopt;
  const auto text = root.read(path);
  if (!text) return std::nullopt;
  return static_cast<std::uint64_t>(std::count(text->begin(), text->end(), '\n'));
}

/// "ue: 0\nce: 0"
std::optional<std::uint64_t> uncorrectable(std::string_view text) {
  return text.starts_with("ue:") ? parse_u64(trimmed(text.substr(3, text.find('\n') - 3)))
                                 : std::nullopt;
}

}  // namespace

GpuState read_gpus(const SysRoot& root) {
  GpuState state;
  for (const char* driver : kDrivers) {
    const auto names = root.list(std::string("/sys/bus/pci/drivers/") + driver);
    for (const std::string& name : names ? *names : std::vector<std::string>{}) {
      const bool is_address = name.size() == 12 && name[4] == ':' && name[7] == ':';
      if (!is_address || state.gpus.size() == kMostGpus) continue;
      const std::string device = "/sys/bus/pci/devices/" + name;
      Gpu gpu{.address = name, .driver = driver};
      gpu.asleep = text_of(root, device + "/power/runtime_status").starts_with("suspend");
      if (!gpu.asleep && gpu.driver == "amdgpu") {
        gpu.bad_pages = bad_pages(root, device + "/ras/gpu_vram_bad_pages");
        gpu.uncorrectable_errors = uncorrectable(text_of(root, device + "/ras/umc_err_count"));
      }
      state.gpus.push_back(std::move(gpu));
    }
  }
  state.nvidia_version = text_of(root, "/sys/module/nvidia/version").substr(0, 32);
  return state;
}

}  // namespace spillway::doctor
