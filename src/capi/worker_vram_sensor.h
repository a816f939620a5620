#pragma once

#include <memory>
#include <optional>
#include <string>

#include "capi/driver_vram_sensor.h"
#include "sense/device.h"
#include "wire/worker_supervisor.h"

namespace spillway {

/// spillway-worker as it was installed with this library; "" where it was not.
std::string installed_worker();

/// VRAM for a program that has loaded no GPU driver (one that uses Vulkan, or none): spillway-worker
/// asks the drivers, so that NVML stays out of the program. Runs it only while there is a GPU, the
/// program's own driver does not tell, and read() is called; what it tells is as old as the latest
/// look. Its trouble is a Fault. One thread.
class WorkerVramSensor final : public Sensor {
 public:
  /// `driver` outlives it.
  WorkerVramSensor(const DriverVramSensor& driver, WorkerOptions options);

  std::string_view name() const override { return "worker"; }
  Result<std::vector<Reading>> read(const Look& look) override;
  void capabilities(std::vector<Capability>& out) const override { cell_->capabilities(out); }
  /// Ends the worker until the next read().
  void rest();

 private:
  const DriverVramSensor& driver_;
  const WorkerOptions options_;
  std::shared_ptr<DeviceCell> cell_ = std::make_shared<DeviceCell>();
  DeviceSensor device_{cell_};
  std::optional<WorkerSupervisor> supervisor_;
};

}  // namespace spillway
