#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/clock.h"

namespace spillway {

/// Somebody to be told: the pointer that a function of the program gets. The last user frees it,
/// once own() has said how: before that a failed call leaves it to the program.
class Listener {
 public:
  explicit Listener(void* user) : user_(user) {}
  void own(void (*user_free)(void*)) { user_free_ = user_free; }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() {
    if (const auto user_free = user_free_.load()) user_free(user_);
  }
  void* user() const { return user_; }

 private:
  void* user_;
  std::atomic<void (*)(void*)> user_free_ = nullptr;
};

/// Calls listeners on a thread of its own, one after the other, so that none of them can hold the
/// guard up. A call that hangs past the deadline is left behind with its thread, its listener is not
/// called until it returned, and a new thread goes on with the others. The thread starts with the
/// first call. Any thread.
class Notifier {
 public:
  using Call = std::function<void(void* user)>;

  Notifier(const Clock& clock, const void* manager, Duration deadline);
  /// close()
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  /// At most 256 calls wait; beyond that the oldest is dropped. False when one was.
  bool post(std::shared_ptr<Listener> listener, Call call);
  /// Leaves a hung call behind; to be called now and then. True when there was one.
  bool check();
  /// Waits until no call of this listener runs (until the deadline), except inside that call; calls
  /// that still wait are dropped.
  void forget(const std::shared_ptr<Listener>& listener);
  /// No call begins any more; waits for a running one until its deadline, except inside a callback.
  void close();

 private:
  struct State;
  static void run(const std::shared_ptr<State>& state, std::uint64_t generation);
  std::shared_ptr<State> state_;
};

}  // namespace spillway
