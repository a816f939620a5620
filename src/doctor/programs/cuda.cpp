#include <array>

#include "doctor/lines/scan.h"
#include "doctor/programs/format.h"

namespace spillway::doctor {
namespace {

std::string device_of(std::string_view text) {
  auto device = integer_after(text, "current device: ");
  if (!device) device = integer_after(text, "; GPU=");  // ONNX Runtime
  return device ? numbered("cuda", *device) : std::string();
}

/// No sizes: all that these say is that it was so.
std::optional<Finding> read_plain(std::string_view text) {
  Finding finding = found(Kind::cuda_oom, device_of(text));
  finding.because = "the text tells no sizes";
  finding.echo = true;
  return finding;
}

std::optional<Finding> read_hip(std::string_view text) {
  const auto device = integer_after(text, "current device: ");
  Finding finding = found(Kind::hip, numbered("hip", device.value_or(0)));
  finding.because = "the text tells no sizes";
  finding.echo = true;
  return finding;
}

/// The mark says that a call failed; whether for memory stands behind it.
std::optional<Finding> read_call(std::string_view text) {
  return has(text, "out of memory") ? read_plain(text) : std::nullopt;
}

/// "Requested amount of GPU memory (8589934592 bytes) could not be allocated."
std::optional<Finding> read_tensorrt(std::string_view text) {
  Finding finding = found(Kind::cuda_oom);
  finding.requested = rounded(amount_after(text, "Requested amount of GPU memory ("));
  return finding;
}

/// "Failed to allocate CUDA memory with byte size 8589934592 on GPU 0: CNMEM_STATUS_OUT_OF_MEMORY, falling back to ..."
std::optional<Finding> read_triton(std::string_view text) {
  const auto device = integer_after(text, " on GPU ");
  Finding finding = found(Kind::cuda_oom, numbered("cuda", device.value_or(0)));
  if (const auto size = integer_after(text, "with byte size ")) finding.requested = Bytes{*size};
  finding.recoverable = true;
  return finding;
}

/// "Out of memory error on GPU 0. Cannot allocate 512.000000MB memory on GPU 0, 23.500000GB memory has been allocated
/// and available memory is only 190.062500MB."
std::optional<Finding> read_paddle(std::string_view text) {
  const auto device = integer_after(text, "error on GPU ");
  Finding finding = found(Kind::cuda_oom, numbered("cuda", device.value_or(0)));
  finding.requested = rounded(amount_after(text, "Cannot allocate "));
  finding.allocated = rounded(amount_before(text, " memory has been allocated"));
  finding.free = rounded(amount_after(text, "available memory is only "));
  finding.recoverable = true;
  return finding;
}

/// cupy: "Out of memory allocating 8,000,000,000 bytes (allocated so far: 1,234 bytes, limit set to: 4,000 bytes)."
std::optional<Finding> read_cupy(std::string_view text) {
  Finding finding = found(Kind::cuda_oom);
  finding.requested = rounded(amount_after(text, "Out of memory allocating "));
  finding.allocated = rounded(amount_after(text, "allocated so far: "));
  finding.limit = rounded(amount_after(text, "limit set to: "));
  if (!finding.requested || !finding.allocated) return std::nullopt;
  finding.recoverable = true;
  if (finding.limit) {
    finding.cause = Cause::limit;
    finding.because = "the memory pool's own limit was reached";
  }
  return finding;
}

/// Errors after which the context answers nothing but the same error (CUDA Runtime API, cudaError_t: "The process
/// must be terminated and relaunched").
std::optional<Finding> read_sticky(std::string_view text) {
  Finding finding = found(Kind::sticky_cuda_error, device_of(text));
  finding.recoverable = false;
  finding.because =
      "not an allocation that failed: the CUDA context is lost, and the process has to be "
      "restarted";
  return finding;
}

constexpr std::string_view kRuntime = "CUDA Runtime API, cudaGetErrorString()";
constexpr std::string_view kDriver = "CUDA Driver API, cuGetErrorName()";
constexpr std::array kFormats{
    Format{"CUBLAS_STATUS_ALLOC_FAILED", 0, read_plain, "cuBLAS"},
    Format{"CUDNN_STATUS_ALLOC_FAILED", 0, read_plain, "cuDNN"},
    Format{"CUSPARSE_STATUS_ALLOC_FAILED", 0, read_plain, "cuSPARSE"},
    Format{"CUSOLVER_STATUS_ALLOC_FAILED", 0, read_plain, "cuSOLVER"},
    Format{"CUDA failed with error out of memory", 0, read_plain, "ctranslate2 src/cuda/utils.h"},
    Format{"CUDA error: out of memory", 2, read_plain,
           "pytorch c10/cuda/CUDAException.cpp, ggml-cuda.cu"},
    Format{"CUDA driver error: out of memory", 0, read_plain,
           "pytorch c10/cuda/driver_api.h, with expandable segments"},
    Format{"cuda runtime error (2)", 0, read_plain,
           "pytorch aten/src/THC/THCGeneral.cpp until 1.4"},
    Format{"CUDA error 2 at ", 1, read_call, "llama.cpp ggml-cuda.cu until 2024"},
    Format{"CUDA runtime error in ", 0, read_call, "TensorRT-LLM cpp/include/.../cudaUtils.h"},
    Format{"CUDA runtime error: out of memory", 0, read_plain, "lmdeploy src/turbomind/utils"},
    Format{"Error out of memory at line ", 0, read_plain, "bitsandbytes csrc/ops.cuh"},
    Format{"Cuda failure 2 'out of memory'", 0, read_plain, "nccl src/include/checks.h"},
    Format{"Cuda failure 'out of memory'", 0, read_plain, "nccl src/include/checks.h until 2.18"},
    Format{"Cuda Runtime (out of memory)", 0, read_plain, "TensorRT"},
    Format{"Requested amount of GPU memory (", 0, read_tensorrt, "TensorRT"},
    Format{"Failed to allocate CUDA memory with byte size ", 0, read_triton,
           "triton-inference-server core src/memory.cc"},
    Format{"Out of memory error on GPU ", 0, read_paddle,
           "Paddle paddle/phi/core/memory/allocation/cuda_allocator.cc"},
    Format{"CUDA_ERROR_OUT_OF_MEMORY", 0, read_plain, kDriver},
    Format{"cudaErrorMemoryAllocation", 0, read_plain, kRuntime},
    Format{"HIP error: out of memory", 2, read_hip, "pytorch c10/hip"},
    Format{"ROCm error: out of memory", 2, read_hip, "ggml-cuda.cu as HIP"},
    Format{"hipErrorOutOfMemory", 0, read_hip, "HIP, hipGetErrorName()"},
    Format{"Out of memory allocating ", 0, read_cupy, "cupy cupy/cuda/memory.pyx"},
    Format{"an illegal memory access was encountered", 2, read_sticky, kRuntime},
    Format{"CUDA_ERROR_ILLEGAL_ADDRESS", 2, read_sticky, kDriver},
    Format{"unspecified launch failure", 2, read_sticky, kRuntime},
    Format{"device-side assert triggered", 2, read_sticky, kRuntime},
    Format{"an illegal instruction was encountered", 2, read_sticky, kRuntime},
    Format{"misaligned address", 2, read_sticky, kRuntime},
    Format{"uncorrectable ECC error encountered", 2, read_sticky, kRuntime},
    Format{"the launch timed out and was terminated", 2, read_sticky, kRuntime},
    Format{"hardware stack error", 2, read_sticky, kRuntime},
};

}  // namespace

std::span<const Format> cuda_formats() { return kFormats; }

}  // namespace spillway::doctor
