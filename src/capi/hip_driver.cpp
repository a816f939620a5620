#include <dirent.h>
#include <dlfcn.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "capi/gpu_driver.h"

namespace spillway {

namespace {

// HIP runtime API, declared by hand (hip_runtime_api.h, ROCm 5 and later).
using hipError_t = int;
using hipMemPool_t = void*;
constexpr hipError_t kSuccess = 0;
constexpr int kIntegrated = 16;  // hipDeviceAttributeIntegrated
constexpr int kReserved = 5;     // hipMemPoolAttrReservedMemCurrent
constexpr int kUsed = 7;         // hipMemPoolAttrUsedMemCurrent

struct HipTable {
  hipError_t (*hipGetDeviceCount)(int*) = nullptr;
  hipError_t (*hipGetDevice)(int*) = nullptr;
  hipError_t (*hipSetDevice)(int) = nullptr;
  hipError_t (*hipDeviceGetAttribute)(int*, int, int) = nullptr;
  hipError_t (*hipDeviceGetUuid)(unsigned char (*)[16], int) = nullptr;
  hipError_t (*hipMemGetInfo)(std::size_t*, std::size_t*) = nullptr;
  // Since ROCm 5.2; may be missing.
  hipError_t (*hipDeviceGetDefaultMemPool)(hipMemPool_t*, int) = nullptr;
  hipError_t (*hipMemPoolGetAttribute)(hipMemPool_t, int, void*) = nullptr;
  hipError_t (*hipMemPoolTrimTo)(hipMemPool_t, std::size_t) = nullptr;
};

template <class F>
bool find(void* library, const char* name, F& function) {
  function = reinterpret_cast<F>(dlsym(library, name));
  return function != nullptr;
}

// Every HIP call initializes the runtime and with it wakes the GPU. It is up once /dev/kfd is open.
bool initialized() {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir("/proc/self/fd"), ::closedir);
  if (!directory) return false;
  while (const dirent* entry = ::readdir(directory.get())) {
    char target[16] = "";
    ::readlinkat(::dirfd(directory.get()), entry->d_name, target, sizeof target - 1);
    if (std::string_view(target) == "/dev/kfd") return true;
  }
  return false;
}

class HipDriver final : public GpuDriver {
 public:
  explicit HipDriver(const HipTable& hip) : hip_(hip) {}

  Result<std::vector<DeviceMemory>> read() override {
    std::vector<DeviceMemory> out;
    const hipError_t code = each([&](int device) {
      std::size_t free = 0;
      std::size_t total = 0;
      unsigned char uuid[16] = {};
      hipError_t result = hip_.hipMemGetInfo(&free, &total);
      if (result == kSuccess) result = hip_.hipDeviceGetUuid(&uuid, device);
      if (result != kSuccess) return result;
      out.push_back({vram_pool(uuid), Bytes{static_cast<std::int64_t>(total - free)},
                     Bytes{static_cast<std::int64_t>(total)}, cached(device)});
      return kSuccess;
    });
    if (code != kSuccess)
      return fail(Errc::io, "HIP error " + std::to_string(code), "hipMemGetInfo");
    return out;
  }

  void trim() override {
    each([&](int device) {
      hipMemPool_t pool = nullptr;
      if (has_pools() && hip_.hipDeviceGetDefaultMemPool(&pool, device) == kSuccess) {
        hip_.hipMemPoolTrimTo(pool, 0);
      }
      return kSuccess;
    });
  }

 private:
  bool has_pools() const {
    return hip_.hipDeviceGetDefaultMemPool != nullptr && hip_.hipMemPoolGetAttribute != nullptr &&
           hip_.hipMemPoolTrimTo != nullptr;
  }

  Bytes cached(int device) const {
    hipMemPool_t pool = nullptr;
    std::uint64_t reserved = 0;
    std::uint64_t used = 0;
    if (!has_pools() || hip_.hipDeviceGetDefaultMemPool(&pool, device) != kSuccess ||
        hip_.hipMemPoolGetAttribute(pool, kReserved, &reserved) != kSuccess ||
        hip_.hipMemPoolGetAttribute(pool, kUsed, &used) != kSuccess || used > reserved) {
      return {};
    }
    return Bytes{static_cast<std::int64_t>(reserved - used)};
  }

  /// Calls `body` with each device while it is this thread's current one, which HIP keeps per thread.
  template <class Body>
  hipError_t each(const Body& body) {
    if (!up_) up_ = initialized();
    if (!up_) return kSuccess;
    int count = 0;
    int before = 0;
    if (const hipError_t code = hip_.hipGetDeviceCount(&count); code != kSuccess) return code;
    hip_.hipGetDevice(&before);
    hipError_t result = kSuccess;
    for (int device = 0; device < count && result == kSuccess; ++device) {
      int integrated = 0;
      hip_.hipDeviceGetAttribute(&integrated, kIntegrated, device);
      if (integrated != 0) continue;
      result = hip_.hipSetDevice(device);
      if (result == kSuccess) result = body(device);
    }
    hip_.hipSetDevice(before);
    return result;
  }

  HipTable hip_;
  bool up_ = false;
};

}  // namespace

std::unique_ptr<GpuDriver> loaded_hip() {
  void* library = loaded_library("libamdhip64.so");
  if (library == nullptr) return nullptr;
  HipTable t;
  const bool complete = find(library, "hipGetDeviceCount", t.hipGetDeviceCount) &&
                        find(library, "hipGetDevice", t.hipGetDevice) &&
                        find(library, "hipSetDevice", t.hipSetDevice) &&
                        find(library, "hipDeviceGetAttribute", t.hipDeviceGetAttribute) &&
                        find(library, "hipDeviceGetUuid", t.hipDeviceGetUuid) &&
                        find(library, "hipMemGetInfo", t.hipMemGetInfo);
  find(library, "hipDeviceGetDefaultMemPool", t.hipDeviceGetDefaultMemPool);
  find(library, "hipMemPoolGetAttribute", t.hipMemPoolGetAttribute);
  find(library, "hipMemPoolTrimTo", t.hipMemPoolTrimTo);
  if (!complete) return nullptr;
  return std::make_unique<HipDriver>(t);
}

}  // namespace spillway
