#include <array>

#include "doctor/lines/scan.h"
#include "doctor/programs/format.h"

namespace spillway::doctor {
namespace {

/// ggml's names of its backends, longest first where one begins another, and what they are here.
struct Backend {
  std::string_view name;
  Kind kind;
  std::string_view device;
  bool numbered;
};
constexpr std::array kBackends{Backend{"CUDA_Host", Kind::host_alloc, "ram", false},
                               Backend{"CUDA", Kind::cuda_oom, "cuda", true},
                               Backend{"ROCm", Kind::hip, "hip", true},
                               Backend{"MUSA", Kind::cuda_oom, "cuda", true},
                               Backend{"Vulkan_Host", Kind::host_alloc, "ram", false},
                               Backend{"Vulkan", Kind::vulkan, "vulkan", true},
                               Backend{"OpenCL", Kind::opencl, "opencl", true},
                               Backend{"SYCL", Kind::xpu, "xpu", true},
                               Backend{"Metal", Kind::metal, "metal", false},
                               Backend{"MTL", Kind::metal, "metal", false},
                               Backend{"CPU", Kind::host_alloc, "ram", false}};

constexpr std::string_view kPlanned = "what was to be loaded does not fit beside what is there";

Finding planned(Kind kind, std::string pool) {
  Finding finding = found(kind, std::move(pool));
  finding.cause = Cause::overload;
  finding.because = kPlanned;
  finding.recoverable = true;
  return finding;
}

std::optional<Finding> of_backend(std::string_view name) {
  for (const Backend& backend : kBackends) {
    if (!name.starts_with(backend.name)) continue;
    const std::int64_t number = leading_integer(name.substr(backend.name.size())).value_or(0);
    return planned(backend.kind, backend.numbered ? numbered(backend.device, number)
                                                  : std::string(backend.device));
  }
  return std::nullopt;
}

/// "ggml_gallocr_reserve_n: failed to allocate CUDA0 buffer of size 1469841408",
/// "alloc_tensor_range: failed to allocate Vulkan0 buffer of size 1056622080"
std::optional<Finding> read_buffer(std::string_view text) {
  const auto rest = after(text, "failed to allocate ");
  const auto size = rest ? integer_after(rest->substr(0, 80), " buffer of size ") : std::nullopt;
  auto finding = size ? of_backend(*rest) : std::nullopt;
  if (!finding) return std::nullopt;
  finding->requested = Bytes{*size};
  finding->exact = true;
  return finding;
}

/// "unable to allocate Vulkan0 buffer"
std::optional<Finding> read_unable(std::string_view text) {
  const auto rest = after(text, "unable to allocate ");
  if (!rest || !has(rest->substr(0, 40), " buffer")) return std::nullopt;
  return of_backend(*rest);
}

/// "ggml_backend_cuda_buffer_type_alloc_buffer: allocating 1401.75 MiB on device 0: cudaMalloc failed: out of
/// memory". The HIP build says the same; the next line then names ROCm0.
std::optional<Finding> read_cuda(std::string_view text) {
  const auto device = integer_after(text, " on device ");
  Finding finding = planned(Kind::cuda_oom, device ? numbered("cuda", *device) : std::string());
  finding.requested = rounded(amount_after(text, "allocating "));
  if (!finding.requested) finding.echo = true;
  if (has(text, "ROCm")) {
    finding.kind = Kind::hip;
    finding.pool = numbered("hip", device.value_or(0));
  }
  return finding;
}

std::optional<Finding> read_opencl(std::string_view text) {
  Finding finding = planned(Kind::opencl, "opencl:0");
  finding.requested = rounded(amount_after(text, "failed to allocate "));
  return finding;
}

std::optional<Finding> read_vulkan_size(std::string_view text) {
  Finding finding = planned(Kind::vulkan, "");
  if (const auto size = integer_after(text, "memory allocation of size "))
    finding.requested = Bytes{*size};
  finding.exact = true;
  return finding;
}

std::optional<Finding> read_vulkan(std::string_view text) {
  Finding finding = planned(Kind::vulkan, "");
  finding.echo = true;
  if (has(text, "exceeds") || has(text, "maxBufferSize")) {
    finding.cause = Cause::limit;
    finding.because = "one buffer larger than the driver gives in one piece";
  }
  return finding;
}

std::optional<Finding> read_metal_buffer(std::string_view text) {
  Finding finding = planned(Kind::metal, "metal");
  finding.requested = rounded(amount_after(text, "size = "));
  if (!finding.requested) return std::nullopt;
  return finding;
}

std::optional<Finding> read_metal(std::string_view) {
  Finding finding = found(Kind::metal, "metal");
  finding.because = "the text tells no sizes";
  finding.echo = true;
  return finding;
}

std::optional<Finding> read_pinned(std::string_view text) {
  Finding finding = found(Kind::host_alloc, "ram");
  finding.requested = rounded(amount_after(text, "attempted to allocate "));
  finding.recoverable = true;
  return finding;
}

/// "[metal::malloc] Attempting to allocate 134217728000 bytes which is greater than the maximum allowed buffer size"
std::optional<Finding> read_mlx(std::string_view text) {
  Finding finding = found(Kind::metal, "metal");
  finding.requested = rounded(amount_after(text, " allocate "));
  if (!finding.requested) return std::nullopt;
  if (has(text, "maximum allowed buffer size")) {
    finding.cause = Cause::burst;
    finding.because = "one buffer larger than Metal gives at all";
  }
  return finding;
}

/// "ggml_cuda_host_malloc: failed to allocate 512.00 MiB of pinned memory: out of memory": goes on without.
std::optional<Finding> read_pinned_refused(std::string_view text) {
  Finding finding = found(Kind::host_alloc, "ram");
  finding.requested = rounded(amount_after(text, "failed to allocate "));
  finding.recoverable = true;
  return finding;
}

constexpr std::array kFormats{
    Format{" buffer of size ", 0, read_buffer, "ggml/src/ggml-alloc.c"},
    Format{"cudaMalloc failed: out of memory", 0, read_cuda, "ggml/src/ggml-cuda/ggml-cuda.cu"},
    Format{"unable to allocate ", 0, read_unable, "llama.cpp src/llama-model.cpp"},
    Format{"ggml_backend_opencl_buffer_type_alloc_buffer: failed to allocate", 0, read_opencl,
           "ggml/src/ggml-opencl/ggml-opencl.cpp"},
    Format{"ggml_vulkan: Device memory allocation of size", 1, read_vulkan_size,
           "ggml/src/ggml-vulkan/ggml-vulkan.cpp"},
    Format{"ErrorOutOfDeviceMemory", 0, read_vulkan, "vulkan.hpp, by ggml-vulkan.cpp"},
    Format{"Requested buffer size exceeds", 0, read_vulkan, "ggml/src/ggml-vulkan/ggml-vulkan.cpp"},
    Format{"error: failed to allocate buffer, size = ", 0, read_metal_buffer,
           "ggml/src/ggml-metal/ggml-metal.m"},
    Format{"ggml_metal_add_buffer: error: failed to allocate", 0, read_metal_buffer,
           "llama.cpp ggml-metal.m of 2023"},
    Format{"[metal::malloc] ", 0, read_mlx, "mlx mlx/backend/metal/allocator.cpp"},
    Format{" of pinned memory: out of memory", 0, read_pinned_refused,
           "ggml/src/ggml-cuda/ggml-cuda.cu"},
    Format{"kIOGPUCommandBufferCallbackErrorOutOfMemory", 0, read_metal, "Metal (IOGPU)"},
    Format{"ggml_aligned_malloc: insufficient memory", 0, read_pinned, "ggml/src/ggml.c"},
};

}  // namespace

std::span<const Format> ggml_formats() { return kFormats; }

}  // namespace spillway::doctor
