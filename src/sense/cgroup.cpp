#include "sense/cgroup.h"

#include <algorithm>

namespace spillway {

CgroupSensor::CgroupSensor(SysRoot root, std::vector<std::string> groups, bool with_triggers)
    : root_(std::move(root)), cgroups_(CgroupFs::locate(root_)), with_triggers_(with_triggers) {
  watch(std::move(groups));
}

void CgroupSensor::watch(std::vector<std::string> groups) {
  if (!cgroups_ || !cgroups_->memory()) return;
  std::sort(groups.begin(), groups.end());
  groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
  std::vector<CgroupWatch> next;
  for (std::string& group : groups) {
    const auto known = std::find_if(watches_.begin(), watches_.end(),
                                    [&](const CgroupWatch& w) { return w.group() == group; });
    if (known != watches_.end()) {
      next.push_back(std::move(*known));
      watches_.erase(known);
    } else {
      next.emplace_back(root_, *cgroups_->memory(), std::move(group), with_triggers_);
    }
  }
  watches_ = std::move(next);
}

Result<std::vector<Reading>> CgroupSensor::read(const Look& look) {
  if (!cgroups_) return tl::unexpected(cgroups_.error());
  std::vector<Reading> readings;
  readings.reserve(2 * watches_.size());
  for (CgroupWatch& watch : watches_) watch.read(look.now, readings);
  return readings;
}

void CgroupSensor::wake_fds(std::vector<WakeFd>& out) const {
  for (const CgroupWatch& watch : watches_) watch.wake_fds(out);
}

void CgroupSensor::capabilities(std::vector<Capability>& out) const {
  if (!cgroups_) {
    out.push_back({"cgroup", false, to_string(cgroups_.error())});
  } else if (const auto& memory = cgroups_->memory()) {
    out.push_back(
        {"cgroup", true,
         (memory->version == CgroupVersion::v2 ? "v2 at " : "v1, read-only, at ") + memory->mount});
  } else {
    out.push_back({"cgroup", false, "no hierarchy counts memory"});
  }
}

CgroupSensor* find_cgroup_sensor(const std::vector<std::unique_ptr<Sensor>>& sensors) {
  for (const auto& sensor : sensors) {
    if (auto* cgroups = dynamic_cast<CgroupSensor*>(sensor.get())) return cgroups;
  }
  return nullptr;
}

}  // namespace spillway
