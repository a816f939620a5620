#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace spillway::doctor {

/// A root directory that is written to: the machine's own or a mounted image. No path is ever followed
/// through a symbolic link or "..", so that an image cannot point outside of itself; both are
/// Errc::refused. A file and a rename are on the disk when their call returns, and with them, on a file
/// system with a journal, all that was changed before. Blocks.
class Tree {
 public:
  /// `before_change` is called before each single change: for tests that end there.
  static Result<Tree> open(
      const std::string& root, std::function<void()> before_change = [] {});

  /// The text of a plain file; nullopt when there is none. A link or anything else is refused.
  Result<std::optional<std::string>> read(const std::string& path) const;
  bool exists(const std::string& path) const;

  /// Makes a file (0644) at once or not at all; Errc::refused when the name is taken. What a killed
  /// write leaves is kScrap beside it, which discard_scrap() removes.
  Status create(const std::string& path, std::string_view text) const;
  /// Missing is fine.
  Status remove(const std::string& path) const;
  Status discard_scrap(const std::string& folder) const;

  /// 0755; there already is fine.
  Status make_folder(const std::string& path) const;
  /// Only when it is empty; missing or not empty is fine.
  Status remove_folder(const std::string& path) const;
  /// Moves within one folder; Errc::refused when `to` is taken.
  Status rename(const std::string& from, const std::string& to) const;
  /// A folder with all that is in it; missing is fine.
  Status remove_all(const std::string& path) const;

  /// When the folder's list of names was changed, nanoseconds since 1970; nullopt: no such folder.
  std::optional<std::int64_t> changed_at(const std::string& folder) const;
  Status set_changed_at(const std::string& folder, std::int64_t unix_ns) const;
  /// The names in it, ascending.
  Result<std::vector<std::string>> list(const std::string& folder) const;

  /// Writes what a kernel's file takes, and reads it back: Errc::io when it is not what was written.
  Status set_value(const std::string& path, const std::string& value) const;

  /// Whether this process may write there: the folder itself, or the first one above that exists.
  Status may_write(const std::string& path) const;

  /// Until it is destroyed nobody else holds one on this root. Waits.
  Result<UniqueFd> lock() const;

  std::string where(const std::string& path) const { return root_ + path; }

  static constexpr std::string_view kScrap = ".spillway-tune.tmp";

 private:
  Tree(std::string root, UniqueFd fd, std::function<void()> before_change)
      : root_(std::move(root)), fd_(std::move(fd)), before_change_(std::move(before_change)) {}
  struct Spot;
  Result<UniqueFd> folder(const std::string& path) const;
  Result<Spot> spot(const std::string& path) const;
  Error error(int number, const std::string& path) const;

  std::string root_;  // without the last slash
  UniqueFd fd_;
  std::function<void()> before_change_;
};

}  // namespace spillway::doctor
