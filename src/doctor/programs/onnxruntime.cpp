#include <array>

#include "doctor/lines/scan.h"
#include "doctor/programs/format.h"

namespace spillway::doctor {
namespace {

std::optional<Finding> read_buffer(std::string_view text) {
  Finding finding = found(Kind::ort_oom);
  if (const auto size = integer_after(text, "requested buffer of size "))
    finding.requested = Bytes{*size};
  finding.recoverable = true;
  return finding;
}

std::optional<Finding> read_arena(std::string_view text) {
  const auto free = integer_after(text, "Available memory of ");
  const auto wanted = integer_after(text, "is smaller than requested bytes of ");
  if (!free || !wanted) return std::nullopt;
  Finding finding = found(Kind::ort_oom);
  finding.free = Bytes{*free};
  finding.requested = Bytes{*wanted};
  finding.recoverable = true;
  finding.cause = Cause::limit;
  finding.because = "the arena's own limit (gpu_mem_limit) was reached";
  return finding;
}

/// "CUDA failure 2: out of memory ; GPU=0 ; hostname=..."
std::optional<Finding> read_cuda(std::string_view text) {
  const auto gpu = integer_after(text, "GPU=");
  Finding finding = found(Kind::ort_oom, gpu ? numbered("cuda", *gpu) : std::string());
  finding.recoverable = true;
  finding.because = "the text tells no sizes";
  finding.echo = true;
  return finding;
}

constexpr std::array kFormats{
    Format{"Failed to allocate memory for requested buffer of size", 1, read_buffer,
           "onnxruntime/core/framework/bfc_arena.cc"},
    Format{"is smaller than requested bytes of", 0, read_arena,
           "onnxruntime/core/framework/bfc_arena.cc"},
    Format{"CUDA failure 2: out of memory", 0, read_cuda,
           "onnxruntime/core/providers/cuda/cuda_call.cc"},
};

}  // namespace

std::span<const Format> onnxruntime_formats() { return kFormats; }

}  // namespace spillway::doctor
