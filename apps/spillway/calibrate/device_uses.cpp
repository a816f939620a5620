#include "calibrate/device_uses.h"

#include <memory>

namespace spillway {

Answer<DeviceUses> device_uses(const Global& global) {
  auto source = open_status(global, false);
  if (!source) return tl::unexpected(source.error());
  // A function is copied, a source cannot be.
  return [look = std::shared_ptr<StatusSource>(
              std::move(*source))]() -> Result<std::vector<DeviceUse>> {
    auto report = look->look(false);
    if (!report) return tl::unexpected(report.error().error);
    return std::move(report->device_uses);
  };
}

}  // namespace spillway
