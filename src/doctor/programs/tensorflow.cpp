#include <array>

#include "doctor/lines/scan.h"
#include "doctor/programs/format.h"

namespace spillway::doctor {
namespace {

struct Type {
  std::string_view name;
  double bytes;
};
constexpr std::array kTypes{Type{"float", 4},     Type{"half", 2},    Type{"bfloat16", 2},
                            Type{"double", 8},    Type{"int32", 4},   Type{"int64", 8},
                            Type{"int8", 1},      Type{"uint8", 1},   Type{"bool", 1},
                            Type{"complex64", 8}, Type{"float32", 4}, Type{"float16", 2},
                            Type{"int16", 2},     Type{"uint16", 2},  Type{"complex128", 16}};

/// "GPU_0_bfc", "device:GPU:1"; TensorFlow's allocator is the first GPU's where no line says another.
std::string device_of(std::string_view text, std::string_view otherwise) {
  auto gpu = integer_after(text, "GPU_");
  if (!gpu) gpu = integer_after(text, "device:GPU:");
  if (gpu) return numbered("cuda", *gpu);
  if (has(text, "device:CPU") || has(text, "allocator cpu") || has(text, "(cpu)")) return "ram";
  return std::string(otherwise);
}

bool is_jax(std::string_view text) {
  return has(text, "/xla/") || has(text, "jax") || has(text, "XlaRuntimeError") ||
         has(text, "jaxlib") ||
         has(text, "external/org_tensorflow");  // how jaxlib was built until 2023
}

Finding of_allocator(std::string_view text) {
  const bool jax = is_jax(text);
  Finding finding = found(jax ? Kind::jax_oom : Kind::tf_oom, device_of(text, jax ? "" : "cuda:0"));
  finding.recoverable = true;
  return finding;
}

/// The statistics that end a dump of the BFC allocator:
///   total_region_allocated_bytes_: 7365066752 memory_limit_: 7365066752 ...
///   Limit:   7365066752 / InUse:   7151588096 / MaxInUse ...
std::optional<Finding> read_stats(std::string_view text) {
  Finding finding = of_allocator(text);
  if (const auto limit = integer_after(text, "Limit: ")) finding.total = Bytes{*limit};
  if (!finding.total) {
    if (const auto limit = integer_after(text, "memory_limit_: ")) finding.total = Bytes{*limit};
  }
  if (const auto used = integer_after(text, "InUse: ")) finding.allocated = Bytes{*used};
  if (!finding.allocated)
    finding.allocated = rounded(amount_after(text, "Sum Total of in-use chunks: "));
  if (const auto pool = integer_after(text, "total_region_allocated_bytes_: ")) {
    finding.reserved = Bytes{*pool};
  } else {
    finding.reserved = finding.total;
  }
  if (!finding.total && !finding.allocated) return std::nullopt;
  finding.echo = !has(text, "InUse: ");
  return finding;
}

/// "Allocator (GPU_0_bfc) ran out of memory trying to allocate 1.04GiB (rounded to 1118470144)requested by"
std::optional<Finding> read_ran_out(std::string_view text) {
  Finding finding = of_allocator(text);
  if (const auto exact = integer_after(text, "(rounded to ")) finding.requested = Bytes{*exact};
  if (!finding.requested) finding.requested = rounded(amount_after(text, "trying to allocate "));
  return finding;
}

/// "OOM when allocating tensor with shape[32,512] and type float on /job:... by allocator GPU_0_bfc"
std::optional<Finding> read_tensor(std::string_view text) {
  Finding finding = of_allocator(text);
  finding.kind = Kind::tf_oom;
  const auto shape = between(text, "shape[", "]");
  const auto type = after(text, " and type ");
  if (!shape || !type) return finding;
  double bytes = 0;
  for (const Type& candidate : kTypes) {
    if (type->starts_with(candidate.name) &&
        (type->size() == candidate.name.size() || (*type)[candidate.name.size()] == ' ')) {
      bytes = candidate.bytes;
    }
  }
  std::string_view rest = *shape;
  while (bytes > 0 && !rest.empty()) {
    const auto comma = rest.find(',');
    const auto size = leading_integer(rest.substr(0, comma));
    bytes = size ? bytes * static_cast<double>(*size) : 0;
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  }
  if (bytes > 0) finding.requested = rounded(bytes);
  return finding;
}

/// "RESOURCE_EXHAUSTED: Out of memory while trying to allocate 86.89GiB." (before 0.6: "... 93297427087
/// bytes"), "RESOURCE_EXHAUSTED: Out of memory allocating 4294967296 bytes"
std::optional<Finding> read_xla(std::string_view text) {
  const auto rest = after(text, "Out of memory ");
  if (!rest) return std::nullopt;
  auto requested = amount_after(*rest, "trying to allocate ");
  if (!requested) requested = amount_after(*rest, "allocating ");
  const bool tf = has(text, "tensorflow") && !is_jax(text);
  Finding finding = found(tf ? Kind::tf_oom : Kind::jax_oom, device_of(text, ""));
  finding.requested = rounded(requested);
  finding.recoverable = true;
  return finding;
}

/// XLA on TPU: "Ran out of memory in memory space hbm. Used 21.49G of 15.48G hbm."
std::optional<Finding> read_hbm(std::string_view text) {
  Finding finding = found(Kind::jax_oom);
  finding.requested = rounded(amount_after(text, "Used "));
  if (const auto used = after(text, "Used ")) finding.total = rounded(amount_after(*used, " of "));
  finding.recoverable = true;
  finding.cause = Cause::overload;
  finding.because = "the compiled program needs more than the device has";
  return finding;
}

/// "failed to allocate 2.00GiB (2147483648 bytes) from device: CUDA_ERROR_OUT_OF_MEMORY: out of memory"
std::optional<Finding> read_driver(std::string_view text) {
  const auto rest = after(text, "failed to allocate ");
  const auto bytes = rest ? between(*rest, "(", " bytes)") : std::nullopt;
  const auto size = bytes ? leading_integer(*bytes) : std::nullopt;
  if (!size) return std::nullopt;
  Finding finding = of_allocator(text);
  finding.requested = Bytes{*size};
  return finding;
}

/// PJRT: "Failed to allocate request for 176.00MiB (184549376B) on device ordinal 0"
std::optional<Finding> read_request(std::string_view text) {
  const auto rest = after(text, "Failed to allocate request for ");
  const auto size = rest ? between(*rest, "(", "B)") : std::nullopt;
  const auto bytes = size ? leading_integer(*size) : std::nullopt;
  if (!bytes) return std::nullopt;
  const auto device = integer_after(*rest, "on device ordinal ");
  Finding finding = found(Kind::jax_oom, device ? numbered("cuda", *device) : std::string());
  finding.requested = Bytes{*bytes};
  finding.recoverable = true;
  return finding;
}

/// "gpu_async_1 cuMemAllocAsync failed to allocate 1225195446464 bytes: RESOURCE_EXHAUSTED: : CUDA_ERROR_OUT_OF_
/// MEMORY: out of memory / Reported by CUDA: Free memory/Total memory: 22635544576/85095874560 / Stats: ..."
std::optional<Finding> read_async(std::string_view text) {
  const auto bytes = integer_after(text, "failed to allocate ");
  if (!bytes) return std::nullopt;
  const auto device = integer_after(text, "gpu_async_");
  Finding finding = found(has(text, "tensorflow") ? Kind::tf_oom : Kind::jax_oom,
                          device ? numbered("cuda", *device) : std::string());
  finding.requested = Bytes{*bytes};
  if (const auto pair = after(text, "Free memory/Total memory: ")) {
    if (const auto free = leading_integer(*pair)) finding.free = Bytes{*free};
    if (const auto total = integer_after(*pair, "/")) finding.total = Bytes{*total};
  }
  if (const auto used = integer_after(text, "InUse: ")) finding.allocated = Bytes{*used};
  finding.recoverable = true;
  return finding;
}

constexpr std::string_view kBfc =
    "tensorflow/core/common_runtime (xla/tsl/framework) bfc_allocator.cc";
constexpr std::array kFormats{
    Format{"ran out of memory trying to allocate", 1, read_ran_out, kBfc},
    Format{"total_region_allocated_bytes_: ", 14, read_stats, kBfc},
    Format{"Sum Total of in-use chunks: ", 14, read_stats, kBfc},
    Format{"OOM when allocating tensor with shape", 1, read_tensor,
           "tensorflow/core/framework/op_kernel.cc"},
    Format{"cuMemAllocAsync failed to allocate ", 4, read_async,
           "xla/stream_executor/gpu/gpu_cudamallocasync_allocator.cc"},
    Format{"Failed to allocate request for ", 1, read_request, "xla/pjrt, jaxlib"},
    Format{"Resource exhausted: Out of memory", 1, read_xla, "xla, jaxlib until 2022"},
    Format{"RESOURCE_EXHAUSTED: Out of memory", 1, read_xla, "xla/stream_executor, xla/pjrt"},
    Format{"Ran out of memory in memory space hbm", 1, read_hbm, "xla TPU compiler"},
    Format{"from device: CUDA_ERROR_OUT_OF_MEMORY", 0, read_driver,
           "xla/stream_executor/cuda/cuda_driver.cc"},
};

}  // namespace

std::span<const Format> tensorflow_formats() { return kFormats; }

}  // namespace spillway::doctor
