#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "port/sys_root.h"

namespace spillway {

/// What only the driver itself can say of a GPU, asked by ioctl(2).
struct DrmFacts {
  std::optional<bool> integrated;  // its memory is RAM
  /// Of all its own memory together. Used is unknown where the driver does not tell us: Intel's answer
  /// to a caller without CAP_PERFMON is that everything is free.
  std::optional<Bytes> total, used;
};

/// Opens a DRM node ("/dev/dri/renderD128") of the driver "amdgpu", "i915" or "xe" and asks it. Wakes
/// a GPU that sleeps, and may block for as long as the driver does: only a process that may be killed
/// calls it. Errc::unsupported for any other driver.
Result<DrmFacts> query_drm(const SysRoot& root, std::string_view driver, const std::string& node);
using DrmQuery = std::function<Result<DrmFacts>(const SysRoot&, std::string_view driver,
                                                const std::string& node)>;

// The answers, as the kernel fills them in; Errc::invalid when they are too short.

/// struct drm_amdgpu_info_device (include/uapi/drm/amdgpu_drm.h).
Result<DrmFacts> decode_amdgpu_device(std::span<const std::byte> answer);
/// struct drm_i915_query_memory_regions (include/uapi/drm/i915_drm.h, Linux 5.18).
Result<DrmFacts> decode_i915_regions(std::span<const std::byte> answer);
/// struct drm_xe_query_mem_regions (include/uapi/drm/xe_drm.h, Linux 6.8).
Result<DrmFacts> decode_xe_regions(std::span<const std::byte> answer);

}  // namespace spillway
