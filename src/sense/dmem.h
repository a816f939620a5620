#pragma once

#include <memory>
#include <string>
#include <vector>

#include "port/cgroup_fs.h"
#include "port/kept_file.h"
#include "sense/device_cell.h"
#include "sense/sensor.h"

namespace spillway {

struct DmemRegion {
  std::string name;             // "drm/0000:03:00.0/vram0"
  std::optional<Bytes> amount;  // none: "max"
};

/// "REGION AMOUNT" per line, as dmem.capacity, dmem.current and dmem.max have it
/// (admin-guide/cgroup-v2.rst, "DMEM", Linux 6.14). No lines: no driver has registered a region.
Result<std::vector<DmemRegion>> parse_dmem(std::string_view text);

/// The pools `vram:<region>` of the device memory controller: the capacity from the root group, the
/// use from its children, or from the root itself where that is a container's own group. What runs
/// in the root group directly is charged to nobody and not seen. Empty without the controller, and a
/// region whose GPU is among `devices` is left out: it has a better pool there.
class DmemSensor final : public Sensor {
 public:
  explicit DmemSensor(SysRoot root, std::shared_ptr<const DeviceCell> devices = nullptr);
  std::string_view name() const override { return "dmem"; }
  Result<std::vector<Reading>> read(const Look& look) override;

 private:
  Result<std::vector<DmemRegion>> current() const;

  SysRoot root_;
  std::shared_ptr<const DeviceCell> devices_;
  std::string mount_;  // empty without cgroup v2
  OptionalFile capacity_;
};

}  // namespace spillway
