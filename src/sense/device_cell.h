#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "model/device_report.h"
#include "sense/sensor.h"

namespace spillway {

/// The latest of what spillway-worker saw, with its age: the place where its supervisor and the sensor
/// "device" meet. Nothing in it waits for anything. One thread.
class DeviceCell final : public DeviceReportSink {
 public:
  DeviceCell();

  void put(DeviceReport report) override;
  void set_trouble(std::optional<Fault> trouble) override { trouble_ = std::move(trouble); }
  bool take_wish() override { return std::exchange(wish_, false); }
  void want_look() { wish_ = true; }

  /// Pools as last read, however old; users while their report is fresh; events once; faults; the
  /// trouble.
  std::vector<Reading> take(TimePoint now);
  void capabilities(std::vector<Capability>& out) const;
  /// Whether the GPU of a dmem region ("drm/0000:03:00.0/vram0") is among the pools here.
  bool covers(std::string_view dmem_region) const;
  bool empty() const { return reports_.empty(); }
  /// An eventfd, readable from a put() that changed much until the next take(): an event, a fault or a
  /// pool more or fewer, an amount in use that moved by a fiftieth of the total.
  int fd() const { return news_.get(); }

 private:
  bool is_news(const DeviceReport& before, const DeviceReport& now) const;

  std::vector<DeviceReport> reports_;  // one per sensor, in the order of their first
  std::vector<KernelEvent> events_;
  std::vector<PoolReading> taken_;  // by the last take()
  std::optional<Fault> trouble_;
  bool wish_ = false;
  UniqueFd news_;
  bool told_ = false;  // news_ is readable
};

}  // namespace spillway
