#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "port/sys_root.h"
#include "sense/drm_fdinfo.h"
#include "sense/sensor.h"

namespace spillway {

/// What one process has on one GPU: resident memory that it shares with nobody, and what of it was
/// pushed out.
struct DrmUse {
  std::string address;  // PCI
  pid_t pid = 0;
  Bytes bytes;
  std::optional<Bytes> evicted;
};

/// Who uses the DRM devices of amdgpu, i915 and xe, from the fdinfo of all processes. Files of a GPU
/// that sleeps are left alone: xe wakes it for them. Costs a walk over all descriptors of all processes
/// that may be looked at (own ones, or all with CAP_SYS_PTRACE), so it is made only at looks with
/// `owners`, once per look however many sensors ask. May block where a driver holds its locks.
class DrmClients {
 public:
  explicit DrmClients(SysRoot root) : root_(std::move(root)) {}

  /// Ascending by address, then pid.
  const std::vector<DrmUse>& uses(const Look& look);
  /// Whether the latest walk saw the descriptors of every process.
  bool complete() const { return complete_; }

 private:
  using Key = std::pair<std::string, std::uint64_t>;  // of a client
  struct Owned {
    pid_t pid = 0;
    DrmClient client;
  };

  std::map<std::string, std::string> nodes_awake() const;
  void walk();
  void walk_process(const std::string& pid, const std::map<std::string, std::string>& nodes);
  void charge(pid_t pid, const DrmClient& client);
  bool hands_devices_out(pid_t pid) const;

  SysRoot root_;
  std::optional<TimePoint> walked_;
  std::map<Key, Owned> clients_;
  std::vector<DrmUse> uses_;
  bool complete_ = false;
};

}  // namespace spillway
