#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "act/action.h"
#include "engine/wake_event.h"

namespace spillway {

/// Runs actions on threads of its own, each with a deadline. Threads are made when there is work and
/// end when there has been none for a while. An action that is still running shortly after its
/// deadline has its thread taken away: the outcome says timed_out, another thread may take its place,
/// and while the stuck one lasts its tenant is given no other work. What it returns after all comes
/// back as `late`. The engine's thread calls; nothing here blocks.
class Executor {
 public:
  struct Job {
    Step step;
    Tenant tenant;
    std::shared_ptr<Action> action;
    TimePoint deadline;
  };
  struct Finished {
    Step step;
    Outcome outcome;
    bool late = false;  // it had been given up, and that outcome was delivered
  };

  /// Signals `wake` when there is something to take(). `most_threads` does not count stuck ones.
  explicit Executor(std::shared_ptr<WakeEvent> wake, std::size_t most_threads = 4);
  /// Waits some milliseconds for what is about to end and leaves the rest to itself: actions and
  /// their arguments live as long as the threads that use them.
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  void start(Job job);
  /// Gives up what is past its deadline.
  void expire(TimePoint now);
  std::vector<Finished> take();
  /// When expire() has something to do at the earliest.
  std::optional<TimePoint> next_expiry() const;
  /// Tenants that a thread is stuck in.
  std::vector<TenantId> stuck() const;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace spillway
