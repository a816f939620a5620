#pragma once

#include <memory>

#include "sense/device_cell.h"

namespace spillway {

/// The GPUs, as spillway-worker last saw them: takes from the cell and never waits, whatever the
/// drivers do. A worker that does not answer leaves readings that grow old until they are unknown, and a
/// Fault "worker" that says why. Wants more looks while it is itself asked often. Empty without a GPU.
class DeviceSensor final : public Sensor {
 public:
  explicit DeviceSensor(std::shared_ptr<DeviceCell> cell) : cell_(std::move(cell)) {}
  std::string_view name() const override { return "device"; }
  Result<std::vector<Reading>> read(const Look& look) override;
  void wake_fds(std::vector<WakeFd>& out) const override;
  void capabilities(std::vector<Capability>& out) const override { cell_->capabilities(out); }

 private:
  std::shared_ptr<DeviceCell> cell_;
  std::optional<TimePoint> before_;
};

}  // namespace spillway
