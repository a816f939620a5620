#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "exit_code.h"

namespace spillway {

/// A directory of the demo's own on a real disk, removed at the end.
class Workspace {
 public:
  /// In $TMPDIR, /var/tmp, /tmp or here; fails with a hint where none of them is a disk.
  static Result<Workspace> make();
  Workspace(Workspace&& other) noexcept;
  ~Workspace();
  const std::string& path() const { return path_; }

 private:
  explicit Workspace(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

/// Runs `performance` in a process of its own and returns how it ended: whatever happens to it, an
/// interrupt or a crash, its programs die with it and the caller lives to clear the stage. SIGINT,
/// SIGTERM and SIGHUP end the performance, not the caller; that process's threads have not started yet.
ExitCode on_stage(const std::function<ExitCode()>& performance);

}  // namespace spillway
