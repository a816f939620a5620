#pragma once

#include <memory>

#include "base/clock.h"
#include "model/tenant.h"
#include "sense/sensor.h"

namespace spillway {

/// VRAM as seen through the CUDA or HIP driver that the program has loaded (capi/gpu_driver.h), for
/// the embedded mode. Reads on a thread of its own, since a driver may hang: then the last reading
/// ages until it is unknown. The thread starts with the first driver found. Faults: the driver's own
/// errors. Empty while the program uses no GPU.
class DriverVramSensor final : public Sensor {
 public:
  /// `clock` outlives a hung driver call: it is static or the program's.
  explicit DriverVramSensor(const Clock& clock);
  /// A thread stuck in the driver is left behind.
  ~DriverVramSensor() override;

  std::string_view name() const override { return "driver"; }
  /// Waits for the fresh reading at most 2 ms, then takes the last one with its age.
  Result<std::vector<Reading>> read(const Look& look) override;
  /// What the devices' default memory pools hold unused, as of the latest reading: negative never.
  std::vector<PoolChange> caches() const;
  /// Whether the latest read() found a driver that the program has loaded.
  bool is_in_use() const;

 private:
  struct State;
  bool find_drivers();
  std::shared_ptr<State> state_;
};

}  // namespace spillway
