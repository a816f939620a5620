#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "port/sys_root.h"

namespace spillway {

enum class CgroupVersion { v1, v2 };

/// One mounted cgroup hierarchy. A group is named by its path below the hierarchy's root, as in
/// /proc/PID/cgroup: "/", "/user.slice/app.scope".
struct CgroupHierarchy {
  CgroupVersion version = CgroupVersion::v2;
  std::string mount;    // where, as seen by SysRoot: "/sys/fs/cgroup"
  std::string root;     // the group that is visible there: "/" unless a container was given a part
  bool memory = false;  // whether it counts memory

  /// Where a group's files are. nullopt for a name that leads out of what is mounted ("/../x").
  std::optional<std::string> directory(std::string_view group) const;
  /// The group and its ancestors as far as they are visible here, itself first: their directories.
  std::vector<std::string> chain(std::string_view group) const;
};

/// Where the machine keeps its control groups. Layouts: unified (v2 only), hybrid (v2 beside v1
/// controllers, memory in either) and v1 only. Any thread; reads files only while locating and in
/// group_of.
class CgroupFs {
 public:
  /// Reads /proc/self/mountinfo and the v2 root's cgroup.controllers. No cgroups: both are absent.
  static Result<CgroupFs> locate(const SysRoot& root);

  const std::optional<CgroupHierarchy>& unified() const { return unified_; }
  /// The one that counts memory: v2 where its memory controller is on, else v1's, else none.
  const std::optional<CgroupHierarchy>& memory() const { return memory_; }
  /// The group of a process in memory(), else in unified(). not_found when there is none.
  Result<std::string> group_of(pid_t pid) const;

 private:
  explicit CgroupFs(SysRoot root) : root_(std::move(root)) {}

  SysRoot root_;
  std::optional<CgroupHierarchy> unified_, memory_;
};

/// The cgroup2 mount and the v1 mount with the memory controller named in a mountinfo file
/// (Documentation/filesystems/proc.rst, section 3.5); the first of each. `memory` is set for v1.
std::vector<CgroupHierarchy> parse_cgroup_mounts(std::string_view mountinfo);

/// The group in a /proc/PID/cgroup file: the line "0::GROUP" (cgroup-v2.rst, "Processes") or the v1
/// line whose controllers include memory ("4:memory:GROUP", cgroups.rst 2.2).
std::optional<std::string_view> parse_group(std::string_view text, CgroupVersion version);

}  // namespace spillway
