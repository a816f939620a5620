#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "base/result.h"
#include "port/cgroup_fs.h"
#include "port/cgroup_handle.h"

namespace spillway {

/// A control group of a command's own, removed with this object: beside the caller's group where
/// that has no limit of its own (there the memory controller counts it), else inside it, so that
/// nobody's limit is left behind. cgroup v2, or v1 where the memory is counted there
/// (Documentation/admin-guide/cgroup-v2.rst, "Delegation"; cgroup-v1/cgroups.rst).
class Scope {
 public:
  /// Makes the group and moves the process into it. Errc::denied with a hint when nothing here may
  /// be written; Errc::unsupported without cgroups.
  static Result<Scope> make(const CgroupFs& groups, std::string_view name, pid_t process);
  Scope(Scope&& other) noexcept;
  Scope& operator=(Scope&&) = delete;
  ~Scope();

  /// Its path below the cgroup root, as in /proc/PID/cgroup.
  const std::string& group() const { return group_; }
  const char* version() const { return v2_ ? "cgroup v2" : "cgroup v1"; }
  /// Fails while the command has left programs behind in it.
  Status remove();

 private:
  Scope(CgroupHandle handle, std::string group, bool v2)
      : handle_(std::move(handle)), group_(std::move(group)), v2_(v2) {}

  CgroupHandle handle_;
  std::string group_;
  bool v2_;
  bool there_ = true;
};

/// "spillway-NAME-PID.scope", with what is no letter, digit, '.' or '_' in the name as '_'.
std::string scope_name(std::string_view name, pid_t owner);

}  // namespace spillway
