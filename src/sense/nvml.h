#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "port/nvml_api.h"
#include "sense/device_pids.h"
#include "sense/nvml_events.h"
#include "sense/sensor.h"

namespace spillway {

/// NVIDIA's GPUs through NVML: pools `vram:GPU-<uuid>` with total = used + reserved + free, their
/// users, Xid errors. For spillway-worker: every call may block in the driver, and opening the library
/// costs 10 ms and 19 MB. Readings and Faults have the source "nvml:<PCI address>". Empty without
/// NVIDIA's kernel driver; then the library is not even looked for.
///
/// A GPU that sleeps is not touched, and one that may sleep is let go of between two looks while nobody
/// uses it, since an open library keeps it awake. A GPU that was lost stays a Fault for the life of
/// the process: only a library that is loaded anew finds it again. With MIG the figures are those of the
/// whole GPU.
class NvmlSensor final : public Sensor {
 public:
  NvmlSensor(SysRoot root, std::string library);
  ~NvmlSensor() override;
  NvmlSensor(const NvmlSensor&) = delete;
  NvmlSensor& operator=(const NvmlSensor&) = delete;

  std::string_view name() const override { return "nvml"; }
  Result<std::vector<Reading>> read(const Look& look) override;
  void wake_fds(std::vector<WakeFd>& out) const override;
  void capabilities(std::vector<Capability>& out) const override;

 private:
  struct Gpu {
    nvml::Device device = nullptr;  // while the library is open
    PoolId pool;                    // empty until identified
    bool hidden = false;            // the driver does not show it to us: another container's
    bool integrated = false;
    bool in_use = false;
    std::string note;
    std::optional<PoolReading> latest;
  };

  Status open();
  void close();
  Status list_gpus();
  void look_at(const std::string& address, Gpu& gpu, const Look& look, std::vector<Reading>& out);
  Status find(const std::string& address, Gpu& gpu);
  Status measure(const std::string& address, Gpu& gpu, const Look& look);
  void add_uses(Gpu& gpu, std::vector<Reading>& out);
  void watch_new_gpus();
  void add_events(const Look& look, std::vector<Reading>& out);
  bool may_let_go() const;

  SysRoot root_;
  std::string library_;
  DevicePids pids_;
  std::optional<NvmlApi> nvml_;
  bool open_ = false;
  std::optional<TimePoint> rest_until_;
  std::map<std::string, Gpu> gpus_;  // by PCI address
  std::vector<nvml::Device> watched_;
  std::vector<std::unique_ptr<NvmlEvents>> events_;
};

}  // namespace spillway
