#include <array>

#include "doctor/lines/scan.h"
#include "doctor/programs/format.h"

namespace spillway::doctor {
namespace {

constexpr std::size_t kMostHolders = 8;

/// "Process 113443 has 78.33 GiB memory in use.", as often as there are.
std::vector<Holder> other_processes(std::string_view text) {
  std::vector<Holder> holders;
  while (const auto rest = after(text, "Process ")) {
    const auto pid = leading_integer(*rest);
    const auto bytes = amount_after(rest->substr(0, 48), " has ");
    if (pid && bytes && holders.size() < kMostHolders)
      holders.push_back({"", *pid, rounded(*bytes)});
    text = *rest;
  }
  return holders;
}

struct Backend {
  std::string_view name;
  Kind kind;
  std::string_view device;
};
constexpr std::array kBackends{Backend{"CUDA", Kind::cuda_oom, "cuda"},
                               Backend{"HIP", Kind::hip, "hip"}, Backend{"XPU", Kind::xpu, "xpu"}};

/// "CUDA out of memory. Tried to allocate ..." of 1.0 to 2.x:
///   (GPU 0; 11.17 GiB total capacity; 10.63 GiB already allocated; 15.81 MiB free; 70 MiB cached)        < 1.4
///   (...; 15.81 MiB free; 10.70 GiB reserved in total by PyTorch)                                        < 2.1
///   GPU 0 has a total capacty of 79.11 GiB of which 2.93 GiB is free. ... Of the allocated memory 68.61 GiB
///   is allocated by PyTorch, and 5.63 GiB is reserved by PyTorch but unallocated.                        since
std::optional<Finding> read_out_of_memory(std::string_view all) {
  // A line may end between the sentences, and the next one have its own prefix.
  constexpr std::size_t kLongestPrefix = 120;
  const auto at = position(all, " out of memory.");
  if (at == std::string_view::npos ||
      position(all, "Tried to allocate", at) > at + kLongestPrefix) {
    return std::nullopt;
  }
  const Backend* backend = nullptr;
  for (const Backend& candidate : kBackends) {
    if (all.substr(0, at).ends_with(candidate.name)) backend = &candidate;
  }
  if (backend == nullptr) return std::nullopt;
  const std::string_view text = all.substr(at);
  const auto gpu = integer_after(text, "GPU ");
  Finding finding = found(backend->kind, gpu ? numbered(backend->device, *gpu) : std::string());
  finding.requested = rounded(amount_after(text, "Tried to allocate"));
  const auto first = [](std::optional<double> a, std::optional<double> b) { return a ? a : b; };
  auto total =
      first(amount_before(text, " total capacity;"), amount_after(text, "total capacity of "));
  total = first(total, amount_after(text, "total capacty of "));
  finding.total = rounded(total);
  finding.free = rounded(first(amount_before(text, " free;"), amount_after(text, "of which ")));
  const auto allocated = first(amount_before(text, " already allocated"),
                               amount_after(text, "Of the allocated memory "));
  finding.allocated = rounded(allocated);
  const auto idle = first(amount_before(text, " is reserved by PyTorch but unallocated"),
                          amount_before(text, " cached)"));
  finding.reserved_idle = rounded(idle);
  auto reserved = amount_before(text, " reserved in total by PyTorch");
  if (!reserved && allocated && idle) reserved = *allocated + *idle;
  finding.reserved = rounded(reserved);
  finding.limit = rounded(amount_before(text, " allowed;"));
  finding.gpu_holders = other_processes(text);
  finding.recoverable = true;
  return finding;
}

/// MPSAllocator.mm: "MPS backend out of memory (MPS allocated: 14.29 GiB, other allocations: 3.65 GiB, max
/// allowed: 20.13 GiB). Tried to allocate 2.67 GiB on shared pool."; before 2.3 with GB and MB.
std::optional<Finding> read_mps(std::string_view text) {
  Finding finding = found(Kind::mps, "mps");
  finding.requested = rounded(amount_after(text, "Tried to allocate "));
  finding.allocated = rounded(amount_after(text, "MPS allocated: "));
  finding.total = rounded(amount_after(text, "max allowed: "));
  finding.others = rounded(amount_after(text, "other allocations: "));
  finding.recoverable = true;
  return finding;
}

std::optional<Finding> read_mps_buffer(std::string_view text) {
  Finding finding = found(Kind::mps, "mps");
  finding.requested = rounded(amount_after(text, "Invalid buffer size: "));
  if (!finding.requested) return std::nullopt;
  finding.cause = Cause::burst;
  finding.because = "one buffer larger than Metal gives at all";
  finding.recoverable = true;
  return finding;
}

/// The cudaMallocAsync backend, ComfyUI's usual one:
///   Allocation on device 0 would exceed allowed memory. (out of memory)
///   Currently allocated     : 9.95 GiB ... Requested ... Device limit ... Free (according to CUDA): 0 bytes
std::optional<Finding> read_async(std::string_view text) {
  const auto gpu = integer_after(text, "Allocation on device ");
  Finding finding = found(Kind::cuda_oom, gpu ? numbered("cuda", *gpu) : std::string());
  const auto figure = [&](std::string_view key) { return rounded(amount_after(text, key)); };
  finding.allocated = figure("Currently allocated     : ");
  finding.requested = figure("Requested               : ");
  finding.total = figure("Device limit            : ");
  finding.free = figure("Free (according to CUDA): ");
  finding.recoverable = true;
  finding.echo = !finding.requested;
  return finding;
}

/// c10/core/impl/alloc_cpu.cpp: "you tried to allocate 37984010240 bytes".
std::optional<Finding> read_cpu(std::string_view text) {
  Finding finding = found(Kind::host_alloc, "ram");
  finding.requested = rounded(amount_after(text, "you tried to allocate "));
  finding.recoverable = true;
  return finding;
}

std::optional<Finding> read_xpu_driver(std::string_view) {
  Finding finding = found(Kind::xpu, "xpu:0");
  finding.because = "the driver gave no sizes";
  finding.echo = true;
  return finding;
}

/// What programs add to the error that they caught.
std::optional<Finding> read_echo(std::string_view) {
  Finding finding = found(Kind::cuda_oom);
  finding.echo = true;
  finding.recoverable = true;
  return finding;
}

constexpr std::array kFormats{
    Format{"CUDA out of memory.", 6, read_out_of_memory,
           "pytorch c10/cuda/CUDACachingAllocator.cpp"},
    Format{"HIP out of memory.", 6, read_out_of_memory, "pytorch c10/hip (hipified)"},
    Format{"XPU out of memory.", 6, read_out_of_memory, "pytorch c10/xpu/XPUCachingAllocator.cpp"},
    Format{"MPS backend out of memory", 4, read_mps, "pytorch aten/src/ATen/mps/MPSAllocator.mm"},
    Format{"Invalid buffer size: ", 0, read_mps_buffer,
           "pytorch aten/src/ATen/mps/MPSAllocator.mm"},
    Format{"would exceed allowed memory. (out of memory)", 8, read_async,
           "pytorch c10/cuda/CUDAMallocAsyncAllocator.cpp"},
    Format{"OutOfMemoryError: Allocation on device", 8, read_async,
           "pytorch c10/cuda/CUDAMallocAsyncAllocator.cpp"},
    Format{"DefaultCPUAllocator: ", 3, read_cpu, "pytorch c10/core/impl/alloc_cpu.cpp"},
    Format{"OUT_OF_DEVICE_MEMORY", 0, read_xpu_driver, "oneapi unified-runtime"},
    Format{"Got an OOM, unloading all loaded models", 0, read_echo, "ComfyUI execution.py"},
    Format{"Ran out of memory when regular VAE", 0, read_echo, "ComfyUI comfy/sd.py"},
    Format{"Error: CUDA out of memory", 0, read_echo,
           "vllm gpu_model_runner.py, and who raises it anew"},
};

}  // namespace

std::span<const Format> torch_formats() { return kFormats; }

}  // namespace spillway::doctor
