#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace spillway {

/// A memory limit of the demo's own: a cgroup that it makes, and removes at its end. v2 with the
/// memory controller where there is one, else v1 (Documentation/admin-guide/cgroup-v1/memory.rst).
/// Swap is shut off inside, so that the limit means the same on every machine.
class MemoryLimit {
 public:
  /// Fails with a hint when no cgroup with a memory controller can be made here.
  static Result<MemoryLimit> make(Bytes limit);
  MemoryLimit(MemoryLimit&& other) noexcept { *this = std::move(other); }
  MemoryLimit& operator=(MemoryLimit&& other) noexcept;
  ~MemoryLimit();  // the processes in it must have ended

  /// The group's path as the guard names it: the pool is "cgroup:" + path().
  const std::string& path() const { return path_; }
  const char* version() const { return v2_ ? "cgroup v2" : "cgroup v1"; }
  /// The file a process writes "0" into to enter.
  std::string procs() const { return directory_ + "/cgroup.procs"; }
  /// Without clean file pages, which the kernel takes back by itself: what the guard counts as used.
  std::optional<Bytes> used() const;
  /// How many processes the kernel's OOM killer has killed in it.
  std::uint64_t oom_kills() const;

 private:
  MemoryLimit() = default;
  static Result<MemoryLimit> make_in(const std::string& mount, bool v2, Bytes limit);

  std::string directory_, path_;
  bool v2_ = false;
};

}  // namespace spillway
