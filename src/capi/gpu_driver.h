#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "model/pool.h"

namespace spillway {

struct DeviceMemory {
  PoolId pool;
  Bytes used, total;  // as this program sees the device: the driver's own share is not in `total`
  Bytes cached;       // of `used`: held unused by the device's default memory pool
};

/// The CUDA or HIP driver that the host program itself has loaded and initialized. It is never
/// loaded, linked or initialized by this library: no driver of its own costs the host nothing, while
/// NVML would cost it 18.7 MB. Calls may block as long as the driver does: one thread of one's own.
class GpuDriver {
 public:
  virtual ~GpuDriver() = default;
  /// Devices that the program uses (has a context on). Integrated GPUs are left out: their memory is
  /// RAM.
  virtual Result<std::vector<DeviceMemory>> read() = 0;
  /// Gives unused memory of the devices' default memory pools back.
  virtual void trim() = 0;
};

/// Null while the program has not loaded that driver. Any thread.
std::unique_ptr<GpuDriver> loaded_cuda();
std::unique_ptr<GpuDriver> loaded_hip();

/// trim() of whatever is loaded. May block as long as the drivers do.
void trim_devices();

/// How many libraries this process has loaded so far; cheap. While it stays, no driver is new.
unsigned long long libraries_loaded();
/// The library of this process whose file name begins so ("libcuda.so"), as dlopen(3) gives it and
/// referenced for good: a driver that were unloaded under us would be worse. Null when none does.
/// Looks only at what is loaded; dlopen(RTLD_NOLOAD) would search the disk each time.
void* loaded_library(std::string_view name);

/// Pool "vram:GPU-<uuid>" as NVML and nvidia-smi print it, from the 16 bytes that the driver gives.
PoolId vram_pool(const unsigned char (&uuid)[16]);

}  // namespace spillway
