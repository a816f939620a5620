#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/result.h"
#include "base/time.h"

namespace spillway {

/// Who a process is, from /proc/PID/stat (Documentation/filesystems/proc.rst, table 1-4).
struct ProcessIdentity {
  pid_t pid = 0;
  std::string name;               // comm, at most 15 bytes
  pid_t session = 0;              // field 6
  int tty = 0;                    // field 7, the controlling terminal; 0: none
  bool kernel_thread = false;     // PF_KTHREAD in field 9
  std::uint64_t start_ticks = 0;  // field 22, clock ticks since boot
};

/// Reads one line of /proc/PID/stat. The name may hold blanks and brackets.
Result<ProcessIdentity> parse_process_stat(std::string_view line);

/// Why no rung may ever stop or freeze this process, or nullopt when one may. Protected are: pid 1,
/// `self`, kernel threads, whoever leads a session on a terminal, and by name: shells, terminals,
/// login and session managers, message buses, display servers, compositors and sound servers.
std::optional<std::string> protection(const ProcessIdentity& who, pid_t self);

/// A process that cannot be confused with a later one of the same pid: a pidfd and the start time.
/// Never blocks, except where a timeout is given. Movable; not thread-safe.
class ProcessHandle {
 public:
  /// not_found when there is no such process or, with `start_ticks`, when the pid belongs to another
  /// one by now; unsupported on kernels without pidfd_open (before 5.3).
  static Result<ProcessHandle> open(pid_t pid, std::optional<std::uint64_t> start_ticks = {});

  pid_t pid() const { return pid_; }
  std::uint64_t start_ticks() const { return start_ticks_; }
  uid_t uid() const { return uid_; }  // real user when it was opened
  /// Readable (POLLIN) once the process has ended.
  int fd() const { return pidfd_.get(); }

  /// Still running, as the one that was opened. A process that has ended and waits for its parent
  /// is not.
  bool still_same() const;
  Status signal(int signal_number) const;
  /// True when it has ended within `timeout`.
  bool wait_end(Duration timeout) const;
  /// protection() of what it is now: an exec may have made a shell of it.
  std::optional<std::string> protection() const;

 private:
  ProcessHandle(pid_t pid, UniqueFd directory, UniqueFd pidfd)
      : pid_(pid), directory_(std::move(directory)), pidfd_(std::move(pidfd)) {}
  Result<ProcessIdentity> identity() const;

  pid_t pid_;
  UniqueFd directory_;  // of /proc/PID: reads through it fail once that process is gone
  UniqueFd pidfd_;
  std::uint64_t start_ticks_ = 0;
  uid_t uid_ = 0;
};

}  // namespace spillway
