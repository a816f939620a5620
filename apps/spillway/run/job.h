#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace spillway {

/// The command of `spillway run` as a process. It is forked at once, in our process group so that
/// the terminal's keys reach it, and waits until it may become the command: by then it can be put
/// into a control group and registered. If we die it gets SIGTERM (PR_SET_PDEATHSIG), so that it
/// never runs on unguarded; init reaps it. One thread, which must be the one that lives longest.
class Job {
 public:
  /// `command` is not empty. Signals that are blocked here are not blocked in the command.
  static Result<Job> prepare(std::vector<std::string> command);
  Job(Job&& other) noexcept;
  Job& operator=(Job&&) = delete;
  ~Job();  // SIGKILL, for what has not ended

  pid_t pid() const { return pid_; }
  /// Field 22 of /proc/PID/stat.
  Result<std::uint64_t> start_ticks() const;
  /// Becomes the command. The errno of execvp(3) when it cannot; 0 when it runs.
  int release();
  void signal(int number) const;
  /// Its latest change as a wait status (waitpid(2)), stops included; none when there was none.
  std::optional<int> poll();
  /// Blocks until it has ended.
  void wait();
  bool ended() const { return pid_ <= 0; }

 private:
  Job(pid_t pid, UniqueFd go, UniqueFd report)
      : pid_(pid), go_(std::move(go)), report_(std::move(report)) {}

  pid_t pid_ = -1;
  UniqueFd go_;      // a byte lets it go
  UniqueFd report_;  // closed by a successful exec, else carries errno
};

}  // namespace spillway
