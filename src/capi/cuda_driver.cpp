#include <dlfcn.h>

#include <cstddef>
#include <cstdint>

#include "capi/gpu_driver.h"

namespace spillway {

namespace {

// CUDA Driver API, declared by hand: the headers may not be there, and these never change (a change
// gets a new suffix: _v2).
using CUresult = int;
using CUdevice = int;
using CUcontext = void*;
using CUmemoryPool = void*;
constexpr CUresult kSuccess = 0;
constexpr CUresult kNotInitialized = 3;  // CUDA_ERROR_NOT_INITIALIZED
constexpr CUresult kDeinitialized = 4;   // CUDA_ERROR_DEINITIALIZED: the program is ending
constexpr int kIntegrated = 18;          // CU_DEVICE_ATTRIBUTE_INTEGRATED
constexpr int kReserved = 5;             // CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT
constexpr int kUsed = 7;                 // CU_MEMPOOL_ATTR_USED_MEM_CURRENT

struct CudaTable {
  CUresult (*cuDeviceGetCount)(int*) = nullptr;
  CUresult (*cuDeviceGet)(CUdevice*, int) = nullptr;
  CUresult (*cuDeviceGetAttribute)(int*, int, CUdevice) = nullptr;
  CUresult (*cuDeviceGetUuid)(unsigned char (*)[16], CUdevice) = nullptr;
  CUresult (*cuDevicePrimaryCtxGetState)(CUdevice, unsigned*, int*) = nullptr;
  CUresult (*cuDevicePrimaryCtxRetain)(CUcontext*, CUdevice) = nullptr;
  CUresult (*cuDevicePrimaryCtxRelease)(CUdevice) = nullptr;
  CUresult (*cuCtxPushCurrent)(CUcontext) = nullptr;
  CUresult (*cuCtxPopCurrent)(CUcontext*) = nullptr;
  CUresult (*cuMemGetInfo)(std::size_t*, std::size_t*) = nullptr;
  // Since CUDA 11.2; may be missing.
  CUresult (*cuDeviceGetDefaultMemPool)(CUmemoryPool*, CUdevice) = nullptr;
  CUresult (*cuMemPoolGetAttribute)(CUmemoryPool, int, void*) = nullptr;
  CUresult (*cuMemPoolTrimTo)(CUmemoryPool, std::size_t) = nullptr;
};

template <class F>
bool find(void* library, const char* name, F& function) {
  function = reinterpret_cast<F>(dlsym(library, name));
  return function != nullptr;
}

class CudaDriver final : public GpuDriver {
 public:
  explicit CudaDriver(const CudaTable& cuda) : cuda_(cuda) {}

  Result<std::vector<DeviceMemory>> read() override {
    std::vector<DeviceMemory> out;
    const CUresult code = each_in_use([&](CUdevice device) {
      std::size_t free = 0;
      std::size_t total = 0;
      unsigned char uuid[16] = {};
      CUresult result = cuda_.cuMemGetInfo(&free, &total);
      if (result == kSuccess) result = cuda_.cuDeviceGetUuid(&uuid, device);
      if (result != kSuccess) return result;
      out.push_back({vram_pool(uuid), Bytes{static_cast<std::int64_t>(total - free)},
                     Bytes{static_cast<std::int64_t>(total)}, cached(device)});
      return kSuccess;
    });
    if (code != kSuccess) {
      return fail(Errc::io, "CUDA driver error " + std::to_string(code), "cuMemGetInfo");
    }
    return out;
  }

  void trim() override {
    each_in_use([&](CUdevice device) {
      CUmemoryPool pool = nullptr;
      if (has_pools() && cuda_.cuDeviceGetDefaultMemPool(&pool, device) == kSuccess) {
        cuda_.cuMemPoolTrimTo(pool, 0);
      }
      return kSuccess;
    });
  }

 private:
  bool has_pools() const {
    return cuda_.cuDeviceGetDefaultMemPool != nullptr && cuda_.cuMemPoolGetAttribute != nullptr &&
           cuda_.cuMemPoolTrimTo != nullptr;
  }

  Bytes cached(CUdevice device) const {
    CUmemoryPool pool = nullptr;
    std::uint64_t reserved = 0;
    std::uint64_t used = 0;
    if (!has_pools() || cuda_.cuDeviceGetDefaultMemPool(&pool, device) != kSuccess ||
        cuda_.cuMemPoolGetAttribute(pool, kReserved, &reserved) != kSuccess ||
        cuda_.cuMemPoolGetAttribute(pool, kUsed, &used) != kSuccess || used > reserved) {
      return {};
    }
    return Bytes{static_cast<std::int64_t>(reserved - used)};
  }

  /// Calls `body` with each device whose primary context (the one of the CUDA runtime, hence of
  /// PyTorch, ONNX Runtime, ggml) is active, and that context current. Gives the first error.
  template <class Body>
  CUresult each_in_use(const Body& body) {
    int count = 0;
    const CUresult code = cuda_.cuDeviceGetCount(&count);
    if (code == kNotInitialized || code == kDeinitialized) return kSuccess;
    if (code != kSuccess) return code;
    for (int i = 0; i < count; ++i) {
      CUdevice device = 0;
      unsigned flags = 0;
      int active = 0;
      int integrated = 0;
      if (cuda_.cuDeviceGet(&device, i) != kSuccess ||
          cuda_.cuDevicePrimaryCtxGetState(device, &flags, &active) != kSuccess || active == 0) {
        continue;
      }
      cuda_.cuDeviceGetAttribute(&integrated, kIntegrated, device);
      CUcontext context = nullptr;
      if (integrated != 0 || cuda_.cuDevicePrimaryCtxRetain(&context, device) != kSuccess) continue;
      CUresult result = cuda_.cuCtxPushCurrent(context);
      if (result == kSuccess) {
        result = body(device);
        cuda_.cuCtxPopCurrent(&context);
      }
      cuda_.cuDevicePrimaryCtxRelease(device);
      if (result != kSuccess) return result;
    }
    return kSuccess;
  }

  CudaTable cuda_;
};

}  // namespace

std::unique_ptr<GpuDriver> loaded_cuda() {
  void* library = loaded_library("libcuda.so");
  if (library == nullptr) return nullptr;
  CudaTable t;
  const bool complete =
      find(library, "cuDeviceGetCount", t.cuDeviceGetCount) &&
      find(library, "cuDeviceGet", t.cuDeviceGet) &&
      find(library, "cuDeviceGetAttribute", t.cuDeviceGetAttribute) &&
      (find(library, "cuDeviceGetUuid_v2", t.cuDeviceGetUuid) ||
       find(library, "cuDeviceGetUuid", t.cuDeviceGetUuid)) &&
      find(library, "cuDevicePrimaryCtxGetState", t.cuDevicePrimaryCtxGetState) &&
      find(library, "cuDevicePrimaryCtxRetain", t.cuDevicePrimaryCtxRetain) &&
      find(library, "cuDevicePrimaryCtxRelease_v2", t.cuDevicePrimaryCtxRelease) &&
      find(library, "cuCtxPushCurrent_v2", t.cuCtxPushCurrent) &&
      find(library, "cuCtxPopCurrent_v2", t.cuCtxPopCurrent) &&
      find(library, "cuMemGetInfo_v2", t.cuMemGetInfo);
  find(library, "cuDeviceGetDefaultMemPool", t.cuDeviceGetDefaultMemPool);
  find(library, "cuMemPoolGetAttribute", t.cuMemPoolGetAttribute);
  find(library, "cuMemPoolTrimTo", t.cuMemPoolTrimTo);
  if (!complete) return nullptr;
  return std::make_unique<CudaDriver>(t);
}

}  // namespace spillway
