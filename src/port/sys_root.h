#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace spillway {

/// The door to /proc, /sys, /dev and cgroupfs. Every path, leading slash or not, is relative to a
/// root directory that is handed in: "/" in the programs, a tree of fixtures in the tests. A cheap
/// value: copies share one descriptor. Any thread. Calls do not block on the files it is meant for;
/// a FIFO in their place is read as if empty.
class SysRoot {
 public:
  static constexpr std::size_t kReadLimit = std::size_t{1} << 20;

  /// A root that cannot be opened makes every call fail with that error.
  explicit SysRoot(std::string path = "/");

  /// `flags` as open(2); O_CLOEXEC, O_NOCTTY and O_NONBLOCK are added.
  Result<UniqueFd> open(std::string_view path, int flags) const;
  /// The whole file. Errc::invalid when it is longer than `limit` bytes.
  Result<std::string> read(std::string_view path, std::size_t limit = kReadLimit) const;
  /// Names of a directory's entries, ascending, without "." and "..".
  Result<std::vector<std::string>> list(std::string_view path) const;
  bool exists(std::string_view path) const;
  /// Where a symbolic link points, as it stands in it.
  Result<std::string> read_link(std::string_view path) const;
  /// What lies below a directory. Below /proc/PID everything is of that one process, even when its pid
  /// is given to another. A directory that cannot be opened makes every call fail with that error.
  SysRoot below(std::string_view path) const;
  /// The path as the machine sees it: for messages, and for calls that take no descriptor.
  std::string where(std::string_view path) const;

 private:
  struct Root;
  explicit SysRoot(std::shared_ptr<const Root> root) : root_(std::move(root)) {}
  std::shared_ptr<const Root> root_;
};

/// True for files of procfs, sysfs and cgroupfs: those are never replaced by rename(2), and only
/// there may a trigger be written. False for plain files such as fixtures.
bool on_kernel_fs(int fd);

/// What was looked for is not there (or switched off), as opposed to there and unreadable.
inline bool is_absent(const Error& error) {
  return error.code == Errc::not_found || error.code == Errc::unsupported;
}

}  // namespace spillway
