#include "sense/builtin.h"

#include "sense/cgroup.h"
#include "sense/device.h"
#include "sense/dmem.h"
#include "sense/injected.h"
#include "sense/kmsg.h"
#include "sense/meminfo.h"
#include "sense/psi.h"
#include "sense/swap.h"
#include "sense/vmstat.h"

namespace spillway {

std::vector<std::unique_ptr<Sensor>> make_builtin_sensors(const SensorOptions& options) {
  const SysRoot root(options.root);
  std::vector<std::unique_ptr<Sensor>> sensors;
  sensors.push_back(std::make_unique<MeminfoSensor>(root));
  sensors.push_back(std::make_unique<SwapSensor>(root));
  sensors.push_back(std::make_unique<PsiSensor>(root, options.psi_triggers));
  sensors.push_back(std::make_unique<VmstatSensor>(root));
  sensors.push_back(std::make_unique<CgroupSensor>(root, options.cgroups, options.psi_triggers));
  if (options.devices) sensors.push_back(std::make_unique<DeviceSensor>(options.devices));
  sensors.push_back(std::make_unique<DmemSensor>(root, options.devices));
  sensors.push_back(std::make_unique<ProcessSensor>(root, options.processes));
  if (options.kmsg) sensors.push_back(std::make_unique<KmsgSensor>(root));
  for (const auto& [name, path] : options.injected) {
    sensors.push_back(std::make_unique<InjectedSensor>(root, name, path));
  }
  return sensors;
}

}  // namespace spillway
