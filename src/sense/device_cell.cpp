#include "sense/device_cell.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <utility>

namespace spillway {
namespace {

/// Older than this, nobody knows who uses a GPU.
constexpr Duration kUsersFresh = 10s;
constexpr double kMuch = 0.02;
/// A worker that tells of events without end tells of a storm.
constexpr std::size_t kMostEvents = 256;

bool same_faults(const std::vector<Fault>& a, const std::vector<Fault>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Fault& x, const Fault& y) { return x.sensor == y.sensor; });
}

bool same_pools(const std::vector<PoolReading>& a, const std::vector<PoolReading>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const PoolReading& x, const PoolReading& y) { return x.pool == y.pool; });
}

bool moved(const PoolReading& from, const PoolReading& to) {
  if (!from.used || !to.used || !to.total) return from.used != to.used;
  const Bytes change = std::max(*from.used - *to.used, *to.used - *from.used);
  return change > scaled(*to.total, kMuch);
}

}  // namespace

DeviceCell::DeviceCell() : news_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void DeviceCell::put(DeviceReport report) {
  trouble_.reset();
  auto& arrived = report.seen.events;
  const std::size_t room = kMostEvents - events_.size();
  std::move(arrived.begin(),
            arrived.begin() + static_cast<std::ptrdiff_t>(std::min(arrived.size(), room)),
            std::back_inserter(events_));
  auto before = std::find_if(reports_.begin(), reports_.end(),
                             [&](const DeviceReport& r) { return r.sensor == report.sensor; });
  if (before == reports_.end())
    before = reports_.insert(before, DeviceReport{report.sensor, {}, {}});
  if (is_news(*before, report)) {
    ::eventfd_write(news_.get(), 1);
    told_ = true;
  }
  report.seen.events.clear();
  *before = std::move(report);
}

bool DeviceCell::is_news(const DeviceReport& before, const DeviceReport& now) const {
  if (!now.seen.events.empty() || !same_faults(before.seen.faults, now.seen.faults) ||
      !same_pools(before.seen.pools, now.seen.pools)) {
    return true;
  }
  return std::any_of(now.seen.pools.begin(), now.seen.pools.end(), [&](const PoolReading& pool) {
    const auto old = std::find_if(taken_.begin(), taken_.end(),
                                  [&](const PoolReading& r) { return r.pool == pool.pool; });
    return old != taken_.end() && moved(*old, pool);
  });
}

std::vector<Reading> DeviceCell::take(TimePoint now) {
  if (std::exchange(told_, false)) {
    eventfd_t count = 0;
    ::eventfd_read(news_.get(), &count);
  }
  taken_.clear();
  std::vector<Reading> readings;
  for (const DeviceReport& report : reports_) {
    for (const PoolReading& pool : report.seen.pools) {
      taken_.push_back(pool);
      taken_.back().taken = std::min(pool.taken, now);  // read since this look began
      readings.push_back(taken_.back());
    }
    const auto& faults = report.seen.faults;
    readings.insert(readings.end(), faults.begin(), faults.end());
    if (now - report.seen.at > kUsersFresh) continue;
    const auto& uses = report.seen.device_uses;
    readings.insert(readings.end(), uses.begin(), uses.end());
  }
  for (KernelEvent& event : std::exchange(events_, {})) readings.push_back(std::move(event));
  if (trouble_) readings.push_back(*trouble_);
  return readings;
}

void DeviceCell::capabilities(std::vector<Capability>& out) const {
  for (const DeviceReport& report : reports_) {
    out.insert(out.end(), report.capabilities.begin(), report.capabilities.end());
  }
  if (trouble_) out.push_back({trouble_->sensor, false, to_string(trouble_->error)});
}

bool DeviceCell::covers(std::string_view dmem_region) const {
  for (const DeviceReport& report : reports_) {
    for (const PoolReading& pool : report.seen.pools) {
      const auto colon = pool.source.find(':');  // "amdgpu:0000:03:00.0"
      if (colon == std::string::npos) continue;
      if (dmem_region.find(pool.source.substr(colon + 1)) != std::string_view::npos) return true;
    }
  }
  return false;
}

}  // namespace spillway
