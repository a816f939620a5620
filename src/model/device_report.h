#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/snapshot.h"
#include "model/status.h"

namespace spillway {

/// What one sensor of spillway-worker ("nvml") saw at one look: pools, device uses, events, faults.
struct DeviceReport {
  std::string sensor;
  Snapshot seen;
  std::vector<Capability> capabilities;
};

/// Where the reports go: the other side of the worker's socket. One thread; must not block.
class DeviceReportSink {
 public:
  virtual ~DeviceReportSink() = default;
  /// Takes the place of the sensor's report before; its events are added.
  virtual void put(DeviceReport report) = 0;
  /// Why nothing comes at present; nullopt once it does again.
  virtual void set_trouble(std::optional<Fault> trouble) = 0;
  /// Whether somebody wants a look now rather than at the worker's own pace; asking takes the wish.
  virtual bool take_wish() = 0;
};

}  // namespace spillway
