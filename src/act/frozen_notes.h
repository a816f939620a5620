#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "model/reading.h"

namespace spillway {

/// What is frozen, written down before it is: one small file for each in a directory of their own. For
/// the case that the dead man dies together with the guard (SIGKILL to its whole control group): the
/// next guard thaws what is left. Any thread; blocks for as long as a small file takes.
class FrozenNotes {
 public:
  /// Made when the first note is written. Empty: none are kept, and nothing here fails.
  explicit FrozenNotes(std::string directory) : directory_(std::move(directory)) {}

  /// `cgroup`: where its group is frozen, as the machine names it; empty: the process is stopped.
  Status write(const ProcessKey& process, const std::string& cgroup) const;
  void erase(const ProcessKey& process) const;

  /// Lets everything run on that is noted, and forgets it; in words, one line for each that was
  /// there. What has ended meanwhile is only forgotten. Call it when no other guard can be at work
  /// with the same directory.
  std::vector<std::string> thaw_all() const;

 private:
  std::string directory_;
};

}  // namespace spillway
