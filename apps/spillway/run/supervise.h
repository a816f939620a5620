#pragma once

#include <signal.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/result.h"
#include "run/job.h"
#include "run/membership.h"

namespace spillway {

/// The signals that `spillway run` takes as its command's, held back from before it starts.
class Signals {
 public:
  /// Blocks them in this thread, and so in those that it starts later.
  static Result<Signals> block();

  int fd() const { return fd_.get(); }
  /// Hands what has come on to the job. What the terminal's keys send has reached it already, for it
  /// is in our process group.
  void pass_on(const Job& job) const;

 private:
  explicit Signals(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

/// Waits until the job has ended and returns its wait status; meanwhile passes signals on, stops
/// with the job when the terminal stopped it, and keeps the membership.
int supervise(Job& job, const Signals& signals, Membership& membership, const Clock& clock);

/// What the caller's shell sees: the code, or 128 + the signal that killed it.
int code_of(int wait_status);

}  // namespace spillway
