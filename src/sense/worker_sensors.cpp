#include "sense/worker_sensors.h"

#include "sense/amdgpu.h"
#include "sense/intel.h"
#include "sense/nvml.h"

namespace spillway {

std::vector<std::unique_ptr<Sensor>> make_worker_sensors(const WorkerSensorOptions& options) {
  const SysRoot root(options.root);
  const auto clients = std::make_shared<DrmClients>(root);
  std::vector<std::unique_ptr<Sensor>> sensors;
  sensors.push_back(std::make_unique<AmdgpuSensor>(root, clients));
  sensors.push_back(std::make_unique<IntelSensor>(root, clients));
  sensors.push_back(
      std::make_unique<NvmlSensor>(root, options.nvml.empty() ? nvml_library() : options.nvml));
  return sensors;
}

}  // namespace spillway
