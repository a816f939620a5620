#include "capi/gate.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <vector>

#include "base/clock.h"

namespace spillway {

namespace {

// The gates that this thread is inside of, once per nested request.
thread_local std::vector<std::shared_ptr<Gate>> t_inside;

// A request gives a move that is past its deadline this much longer before it gives up.
constexpr Duration kGrace = 200ms;

TimePoint now() { return SystemClock().now(); }

std::chrono::steady_clock::time_point wakeup(TimePoint at) {
  return std::chrono::steady_clock::time_point(at.time_since_epoch());
}

}  // namespace

bool Gate::inside() const {
  return std::any_of(t_inside.begin(), t_inside.end(),
                     [this](const auto& gate) { return gate.get() == this; });
}

Status Gate::enter() {
  std::unique_lock lock(mutex_);
  const bool nested = requests_ > 0 && inside();
  if (move_until_ && !nested) {
    const auto since = held_back_.insert(now());
    while (move_until_ && now() < *move_until_ + kGrace) {
      changed_.wait_until(lock, wakeup(*move_until_ + kGrace));
    }
    held_back_.erase(since);
    if (move_until_) return fail(Errc::timed_out, "a move of this tenant hangs");
  }
  ++requests_;
  t_inside.push_back(shared_from_this());
  return {};
}

void Gate::leave() {
  const auto self = shared_from_this();  // the thread's share may be the last one
  const auto here = std::find(t_inside.rbegin(), t_inside.rend(), self);
  if (here != t_inside.rend()) t_inside.erase(std::next(here).base());
  const std::lock_guard lock(mutex_);
  if (requests_ > 0) --requests_;
  if (requests_ == 0) changed_.notify_all();
}

Status Gate::begin_move(TimePoint deadline) {
  std::unique_lock lock(mutex_);
  if (move_until_) return fail(Errc::unavailable, "it is being moved already");
  move_until_ = deadline;
  const bool settled =
      changed_.wait_until(lock, wakeup(deadline), [&] { return requests_ == 0 || starving_ > 0; });
  if (settled && requests_ == 0) return {};
  move_until_.reset();
  changed_.notify_all();
  if (settled) return fail(Errc::unavailable, "a request of it waits for memory itself");
  return fail(Errc::timed_out, "a request of it did not end in time");
}

Duration Gate::end_move() {
  const std::lock_guard lock(mutex_);
  move_until_.reset();
  changed_.notify_all();
  return held_back_.empty() ? Duration::zero() : now() - *held_back_.begin();
}

bool Gate::busy() const {
  const std::lock_guard lock(mutex_);
  return requests_ > 0;
}

void Gate::starve(int change) {
  const std::lock_guard lock(mutex_);
  starving_ += change;
  changed_.notify_all();
}

Gate::Starving::Starving() {
  for (const auto& gate : t_inside) gate->starve(1);
}

Gate::Starving::~Starving() {
  for (const auto& gate : t_inside) gate->starve(-1);
}

}  // namespace spillway
