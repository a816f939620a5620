#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace spillway {

/// A program of our own, started at the other end of a socket pair, which the program finds as
/// descriptor 3; it is killed when the thread that started it ends (it asks for that itself, see
/// die_with_parent). Nothing waits for it. Movable; not thread-safe.
class ChildProgram {
 public:
  static constexpr int kSocket = 3;

  /// Errc::not_found or denied when `program` cannot be executed. Inherited are standard error, the
  /// environment and what is not close-on-exec; signals are reset, and a terminal's do not reach it.
  static Result<ChildProgram> start(const std::string& program,
                                    const std::vector<std::string>& arguments);

  ChildProgram(ChildProgram&& other) noexcept;
  ChildProgram& operator=(ChildProgram&& other) noexcept;
  /// Kills it. May take up to 100 ms; a process that is stuck in the kernel is left behind.
  ~ChildProgram();

  pid_t pid() const { return pid_; }
  /// Our end, non-blocking. End of file means that it has ended or is about to.
  int fd() const { return socket_.get(); }
  /// With SIGKILL, and what it started itself along with it. Does nothing once ended() told.
  void kill() const;
  /// Its wait status as soon as it has ended; nullopt before. One that somebody else has waited for
  /// counts as killed.
  std::optional<int> ended();

 private:
  ChildProgram(pid_t pid, UniqueFd socket) : pid_(pid), socket_(std::move(socket)) {}
  void finish();

  pid_t pid_ = 0;  // 0: moved from
  UniqueFd socket_;
  std::optional<int> status_;
};

/// For the program at the other end, first thing in main(): it is killed with SIGKILL as soon as the
/// thread that started it is gone.
void die_with_parent();

}  // namespace spillway
