#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sense/device_cell.h"
#include "sense/process.h"
#include "sense/sensor.h"

namespace spillway {

struct SensorOptions {
  std::string root = "/";            // where /proc, /sys and /dev are looked for
  std::vector<std::string> cgroups;  // groups to watch, as in /proc/PID/cgroup
  std::vector<std::pair<std::string, std::string>> injected;  // pool name -> absolute path
  bool kmsg = true;
  bool psi_triggers = true;
  ProcessOptions processes;
  std::shared_ptr<DeviceCell> devices;  // what a WorkerSupervisor fills; null: no GPUs
};

/// Every sensor of the daemon and of the embedded mode: they read the kernel's files, and what
/// spillway-worker saw. One line each: this is the list. Drivers are read by sense/worker_sensors.h.
std::vector<std::unique_ptr<Sensor>> make_builtin_sensors(const SensorOptions& options);

}  // namespace spillway
