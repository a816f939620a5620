#include "sense/dmem.h"

#include <algorithm>

#include "base/text.h"
#include "sense/fields.h"

namespace spillway {
namespace {

std::string mount_of(const SysRoot& root) {
  const auto cgroups = CgroupFs::locate(root);
  return cgroups && cgroups->unified() ? cgroups->unified()->mount : std::string{};
}

void add(std::vector<DmemRegion>& sums, const DmemRegion& one) {
  const auto known = std::find_if(sums.begin(), sums.end(),
                                  [&](const DmemRegion& r) { return r.name == one.name; });
  if (known == sums.end()) {
    sums.push_back(one);
  } else if (known->amount && one.amount) {
    *known->amount += *one.amount;
  }
}

}  // namespace

Result<std::vector<DmemRegion>> parse_dmem(std::string_view text) {
  std::vector<DmemRegion> regions;
  while (auto line = next_line(text)) {
    const auto region = next_word(*line);
    if (!region) continue;
    const auto figure = next_word(*line);
    const auto amount = figure ? parse_amount(*figure) : std::nullopt;
    if (!amount && figure != "max") return fail(Errc::invalid, "a region without an amount");
    regions.push_back({std::string(*region), amount});
  }
  return regions;
}

DmemSensor::DmemSensor(SysRoot root, std::shared_ptr<const DeviceCell> devices)
    : root_(std::move(root)),
      devices_(std::move(devices)),
      mount_(mount_of(root_)),
      capacity_(root_, mount_ + "/dmem.capacity") {}

Result<std::vector<DmemRegion>> DmemSensor::current() const {
  std::vector<std::string> directories{mount_};
  if (!root_.exists(mount_ + "/dmem.current")) {
    const auto children = root_.list(mount_);
    if (!children) return tl::unexpected(children.error());
    directories.clear();
    for (const std::string& child : *children) directories.push_back(mount_ + "/" + child);
  }
  std::vector<DmemRegion> sums;
  for (const std::string& directory : directories) {
    const std::string path = directory + "/dmem.current";
    const auto text = root_.read(path);
    if (!text) continue;  // a plain file beside the groups, or a group that has just gone
    const auto regions = parse_dmem(*text);
    if (!regions) return fail(regions.error().code, regions.error().what, root_.where(path));
    for (const DmemRegion& region : *regions) add(sums, region);
  }
  return sums;
}

Result<std::vector<Reading>> DmemSensor::read(const Look& look) {
  std::vector<Reading> readings;
  if (mount_.empty()) return readings;
  const auto capacity = parsed(capacity_, look.now, &parse_dmem);
  if (!capacity) return tl::unexpected(capacity.error());
  if (!*capacity || (*capacity)->empty()) return readings;
  const auto used = current();
  if (!used) return tl::unexpected(used.error());
  for (const DmemRegion& region : **capacity) {
    if (devices_ && devices_->covers(region.name)) continue;
    const auto use = std::find_if(used->begin(), used->end(),
                                  [&](const DmemRegion& r) { return r.name == region.name; });
    // A region that no group lists is used by none.
    readings.push_back(PoolReading{.pool = {"vram:" + region.name},
                                   .used = use == used->end() ? Bytes{} : use->amount,
                                   .total = region.amount,
                                   .source = std::string(name()),
                                   .taken = look.now});
  }
  return readings;
}

}  // namespace spillway
