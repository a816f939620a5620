#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace spillway {

/// What one open DRM file says of itself in /proc/PID/fdinfo/FD (Documentation/gpu/drm-usage-stats.rst;
/// amdgpu: drivers/gpu/drm/amd/amdgpu/amdgpu_fdinfo.c), as far as the GPU's own memory goes: the
/// regions "vram" (amdgpu), "vram0", "vram1" (xe) and "local0" (i915) together. GTT and system regions
/// are RAM and in no figure here.
struct DrmClient {
  std::string address;   // PCI, "0000:03:00.0"
  std::uint64_t id = 0;  // unique within that device: two descriptors may be of one client
  std::optional<Bytes> resident;
  std::optional<Bytes> shared;   // of that, with other clients as well
  std::optional<Bytes> evicted;  // amdgpu: wants VRAM and was pushed out
};

/// nullopt for a file that is of no DRM client or does not say whose. Amounts without a unit are bytes,
/// else KiB or MiB: the kernel picks the unit by the amount. drm-memory-X is an old name of
/// drm-resident-X; some kernels print both.
std::optional<DrmClient> parse_drm_fdinfo(std::string_view text);

}  // namespace spillway
