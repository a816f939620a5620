#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/time.h"
#include "port/sys_root.h"

namespace spillway {

/// A file that is read again and again: the descriptor stays open and pread(2) fills one buffer, so
/// that the steady state neither allocates nor walks the path. Opened by the first read. What fails
/// (a cgroup that was removed: ENODEV) is opened once more by its path, and so is a plain file that
/// was replaced. Not thread-safe.
class KeptFile {
 public:
  KeptFile(SysRoot root, std::string path, std::size_t limit = SysRoot::kReadLimit);

  /// The whole text; valid until the next read. Errc::invalid beyond the limit.
  Result<std::string_view> read();
  /// The descriptor, for poll(2); -1 before the first good read. A new one has a new number.
  int fd() const { return fd_.get(); }
  /// Whether the kernel makes the file's text: a file on a disk never wakes a poll(2).
  bool by_kernel() const { return by_kernel_; }
  std::string where() const { return root_.where(path_); }

 private:
  Status open();
  bool replaced() const;
  bool is_end(std::size_t wanted, std::size_t got, std::size_t length) const;
  Result<std::string_view> fill();

  SysRoot root_;
  std::string path_;
  std::size_t limit_;
  UniqueFd fd_;
  bool by_kernel_ = false;
  std::string buffer_;
};

/// A file that this machine may not have (no ZFS, no PSI): looked for again only every 10 s, since
/// a failing open(2) costs more than a reading.
class OptionalFile {
 public:
  OptionalFile(SysRoot root, std::string path) : file_(std::move(root), std::move(path)) {}

  /// As KeptFile::read; nullopt when the file is not there.
  Result<std::optional<std::string_view>> read(TimePoint now);
  std::string where() const { return file_.where(); }

 private:
  KeptFile file_;
  std::optional<TimePoint> next_try_;
};

}  // namespace spillway
