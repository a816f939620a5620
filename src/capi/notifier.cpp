#include "capi/notifier.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "capi/callback_scope.h"

namespace spillway {

namespace {

constexpr std::size_t kMostWaiting = 256;

std::chrono::steady_clock::time_point wakeup(TimePoint at) {
  return std::chrono::steady_clock::time_point(at.time_since_epoch());
}

}  // namespace

struct Notifier::State {
  const Clock& clock;
  const void* manager;
  const Duration deadline;

  std::mutex mutex;  // guards all below; never held while calling
  std::condition_variable changed;
  std::deque<std::pair<std::shared_ptr<Listener>, Call>> waiting;
  std::shared_ptr<Listener> running;
  TimePoint since;
  std::set<std::shared_ptr<Listener>> stuck;
  std::uint64_t generation = 0;  // of the thread that may take calls
  std::thread thread;
  std::thread::id id;
  bool closed = false;

  State(const Clock& c, const void* m, Duration d) : clock(c), manager(m), deadline(d) {}

  /// Until nothing of `listener` (any, if null) runs, or its deadline passed. True when it returned.
  bool wait_idle(std::unique_lock<std::mutex>& lock, const Listener* listener) {
    const auto idle = [&] {
      return !running || (listener != nullptr && running.get() != listener);
    };
    if (idle()) return true;
    return changed.wait_until(lock, wakeup(since + deadline), idle);
  }

  void leave_behind() {
    stuck.insert(std::exchange(running, nullptr));
    ++generation;
    thread.detach();
    thread = {};
  }
};

Notifier::Notifier(const Clock& clock, const void* manager, Duration deadline)
    : state_(std::make_shared<State>(clock, manager, deadline)) {}

Notifier::~Notifier() { close(); }

void Notifier::run(const std::shared_ptr<State>& state, std::uint64_t generation) {
  std::unique_lock lock(state->mutex);
  while (true) {
    state->changed.wait(lock, [&] { return state->closed || !state->waiting.empty(); });
    if (state->closed) return;
    auto [listener, call] = std::move(state->waiting.front());
    state->waiting.pop_front();
    if (state->stuck.contains(listener)) continue;
    state->running = listener;
    state->since = state->clock.now();
    lock.unlock();
    {
      const CallbackScope scope(state->manager);
      try {
        call(listener->user());
      } catch (...) {
        // Costs that one call; spillway.hpp says so to its users.
      }
    }
    call = nullptr;
    lock.lock();
    if (generation != state->generation) {  // left behind meanwhile
      state->stuck.erase(listener);
      lock.unlock();
      return;
    }
    state->running = nullptr;
    state->changed.notify_all();
    if (listener.use_count() == 1) {  // freeing it may call the program
      lock.unlock();
      listener.reset();
      lock.lock();
    }
  }
}

bool Notifier::post(std::shared_ptr<Listener> listener, Call call) {
  std::shared_ptr<Listener> dropped;
  const std::lock_guard lock(state_->mutex);
  if (state_->closed) return true;
  const bool full = state_->waiting.size() >= kMostWaiting;
  if (full) {
    dropped = std::move(state_->waiting.front().first);
    state_->waiting.pop_front();
  }
  state_->waiting.emplace_back(std::move(listener), std::move(call));
  if (!state_->thread.joinable()) {
    state_->thread = std::thread(run, state_, state_->generation);
    state_->id = state_->thread.get_id();
  }
  state_->changed.notify_all();
  return !full;
}

bool Notifier::check() {
  const std::lock_guard lock(state_->mutex);
  if (!state_->running || state_->clock.now() - state_->since < state_->deadline) return false;
  state_->leave_behind();
  if (!state_->waiting.empty()) {
    state_->thread = std::thread(run, state_, state_->generation);
    state_->id = state_->thread.get_id();
  }
  return true;
}

void Notifier::forget(const std::shared_ptr<Listener>& listener) {
  std::unique_lock lock(state_->mutex);
  std::erase_if(state_->waiting, [&](const auto& entry) { return entry.first == listener; });
  if (state_->id != std::this_thread::get_id()) state_->wait_idle(lock, listener.get());
}

void Notifier::close() {
  std::thread ended;
  decltype(state_->waiting) dropped;  // freed after the lock: that may call the program
  {
    std::unique_lock lock(state_->mutex);
    state_->closed = true;
    dropped.swap(state_->waiting);
    state_->changed.notify_all();
    if (!state_->thread.joinable()) return;
    const bool within = CallbackScope::inside(state_->manager);
    if (within || !state_->wait_idle(lock, nullptr)) {
      if (state_->running) {
        state_->leave_behind();
        return;
      }
    }
    ended = std::move(state_->thread);
  }
  ended.join();
}

}  // namespace spillway
