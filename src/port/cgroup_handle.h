#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/fd.h"
#include "base/result.h"
#include "base/time.h"

namespace spillway {

/// One cgroup v2 directory, held open: a group that is removed and made again under the same name is
/// another one, and everything here fails for the old one. Attribute files are those of
/// Documentation/admin-guide/cgroup-v2.rst. Nothing blocks unless it says so. Not thread-safe.
class CgroupHandle {
 public:
  /// `directory` as the machine names it: SysRoot::where() of a CgroupHierarchy::directory().
  static Result<CgroupHandle> open(const std::string& directory);
  /// As open(), made first if it is not there. The parent must exist and be writable.
  static Result<CgroupHandle> create(const std::string& directory);

  const std::string& path() const { return path_; }
  int fd() const { return directory_.get(); }

  bool has(const char* attribute) const;
  Result<std::string> read(const char* attribute) const;
  Status write(const char* attribute, std::string_view text) const;
  /// memory.current and the like; nullopt for "max".
  Result<std::optional<Bytes>> bytes(const char* attribute) const;
  /// One line of a flat keyed file such as memory.stat ("anon 4096"), cgroup.events ("frozen 1").
  Result<std::uint64_t> keyed(const char* attribute, std::string_view key) const;

  /// Its direct members, as numbers: check each through a ProcessHandle before acting on it.
  Result<std::vector<pid_t>> pids() const;
  Status add(pid_t pid) const;
  /// Removes the directory, which must be empty, unless its name belongs to another group by now.
  Status remove() const;

  /// Writes cgroup.freeze and waits until cgroup.events says so (processes stop only when they
  /// leave the kernel). A group that is not frozen in time is thawed again: timed_out. Blocks.
  Status freeze(Duration patience) const;
  /// Does not wait.
  Status thaw() const;

  /// Asks the kernel to reclaim `amount` through memory.reclaim, piece by piece, until it is done,
  /// the kernel has no more to give or `budget` is spent (a piece under way is not interrupted).
  /// Returns what the kernel confirmed. With `file_only` anonymous pages stay: by "swappiness=0"
  /// where the kernel knows it, else the amount is held to the group's file pages. Blocks.
  Result<Bytes> reclaim(Bytes amount, bool file_only, Duration budget) const;

 private:
  CgroupHandle(std::string path, UniqueFd directory)
      : path_(std::move(path)), directory_(std::move(directory)) {}
  std::string place(const char* attribute) const { return path_ + "/" + attribute; }

  std::string path_;
  UniqueFd directory_;
};

}  // namespace spillway
