#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sense/cgroup_watch.h"

namespace spillway {

/// The memory cgroups that are watched: a pool `cgroup:<group>` each, with stalls (v2) and kernel OOM
/// kills. Groups are named as in /proc/PID/cgroup. A group that is not there is silently left out
/// until it appears; one that cannot be read is a Fault of its own beside the others' readings.
/// Read-only, v1 as well.
class CgroupSensor final : public Sensor {
 public:
  CgroupSensor(SysRoot root, std::vector<std::string> groups, bool with_triggers);
  std::string_view name() const override { return "cgroup"; }
  Result<std::vector<Reading>> read(const Look& look) override;
  void wake_fds(std::vector<WakeFd>& out) const override;
  void capabilities(std::vector<Capability>& out) const override;

  /// What to watch from the next read on; groups that stay keep their descriptors. Engine's thread.
  void watch(std::vector<std::string> groups);

 private:
  SysRoot root_;
  Result<CgroupFs> cgroups_;
  bool with_triggers_;
  std::vector<CgroupWatch> watches_;
};

/// The one among all sensors, to change its list; null without it.
CgroupSensor* find_cgroup_sensor(const std::vector<std::unique_ptr<Sensor>>& sensors);

}  // namespace spillway
