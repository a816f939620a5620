#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sense/sensor.h"

namespace spillway {

struct WorkerSensorOptions {
  std::string root = "/";
  std::string nvml;  // path of the library; empty: port/nvml_api.h decides
};

/// Every sensor that asks a vendor's driver, in the order of how seldom it hangs. One line each: this
/// is the list. They are read by spillway-worker, never in the daemon.
std::vector<std::unique_ptr<Sensor>> make_worker_sensors(const WorkerSensorOptions& options);

}  // namespace spillway
