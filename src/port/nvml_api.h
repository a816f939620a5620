#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "port/nvml_types.h"

namespace spillway {

struct NvmlMemory {
  Bytes total, used, free;
  std::optional<Bytes> reserved;  // none: the driver knows no v2, and has counted it in `used`
};

struct NvmlProcess {
  pid_t pid = 0;              // as the driver names it: see sense/device_pids.h
  std::optional<Bytes> used;  // none: the driver does not say (N/A)
};

struct NvmlEvent {
  nvml::Device device = nullptr;
  unsigned long long xid = 0;
};

/// SPILLWAY_NVML, else "libnvidia-ml.so.1".
std::string nvml_library();

/// NVIDIA's management library, opened at run time: nothing of it is linked, and its headers are not
/// needed. Every call may block for as long as the driver does, for ever with a sick one: only a
/// process that may be killed calls it. Functions of the library are thread-safe (NVML API reference,
/// "Thread safety"). Errors carry the function in `where` and NVML's own words; Errc::unsupported,
/// denied and not_found are meant literally, Errc::unavailable is a GPU or driver that is lost until
/// the library is opened anew.
class NvmlApi {
 public:
  /// dlopen(3) of `library` ("libnvidia-ml.so.1") and its functions. not_found: no such library;
  /// unsupported: it lacks what every driver since 2012 has. It stays loaded.
  static Result<NvmlApi> load(const std::string& library);

  Status init() const;
  void shutdown() const;
  std::string driver_version() const;

  /// Wakes that GPU alone. `address` as in sysfs: "0000:41:00.0".
  Result<nvml::Device> device_at(const std::string& address) const;
  Result<unsigned> count() const;
  /// May wake all of them.
  Result<nvml::Device> device_number(unsigned index) const;

  Result<std::string> uuid(nvml::Device device) const;  // "GPU-..."
  Result<std::string> name(nvml::Device device) const;
  /// As in sysfs.
  Result<std::string> address(nvml::Device device) const;
  /// Errc::unsupported on integrated GPUs, Errc::invalid for figures that cannot be.
  Result<NvmlMemory> memory(nvml::Device device) const;
  /// Users of compute, graphics and MPS, each once. A kind that the device does not support counts as
  /// none.
  Result<std::vector<NvmlProcess>> processes(nvml::Device device) const;

  /// A set that tells Xid errors of these devices; unsupported where none of them can.
  Result<nvml::EventSet> watch_xids(const std::vector<nvml::Device>& devices) const;
  void unwatch(nvml::EventSet set) const;
  /// Blocks up to `patience`; nullopt when nothing happened.
  Result<std::optional<NvmlEvent>> wait_event(nvml::EventSet set, Duration patience) const;

 private:
  struct Table;
  explicit NvmlApi(std::shared_ptr<const Table> table) : table_(std::move(table)) {}
  Error error(nvml::Return code, const char* function) const;

  std::shared_ptr<const Table> table_;
};

}  // namespace spillway
