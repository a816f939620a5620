#pragma once

#include <gtest/gtest.h>
#include <poll.h>

#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "act/callback.h"
#include "act/preserve.h"
#include "act/refuse.h"
#include "engine/engine.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_guests.h"
#include "tests/support/fake_machine.h"

namespace spillway {

/// Keeps what was recorded.
class RecordingSink final : public EventSink {
 public:
  void take(const Event& event) override {
    if (with_frames || !std::holds_alternative<Frame>(event)) events.push_back(event);
  }

  template <class T>
  std::vector<T> all() const {
    std::vector<T> found;
    for (const Event& event : events) {
      if (const T* each = std::get_if<T>(&event)) found.push_back(*each);
    }
    return found;
  }
  /// "done trim stt", "failed offload llm": the steps about memory in short.
  std::vector<std::string> steps() const {
    std::vector<std::string> words;
    for (const StepEnded& ended : all<StepEnded>()) {
      if (ended.step.rung == Rung::notify) continue;
      words.push_back(std::string(name(ended.outcome.status)) + " " +
                      (ended.step.direction == Direction::restore ? "restore " : "") +
                      std::string(name(ended.step.rung)) + " " + ended.step.tenant.text);
    }
    return words;
  }
  bool noted(std::string_view part) const {
    for (const Note& note : all<Note>()) {
      if (note.text.find(part) != std::string::npos) return true;
    }
    return false;
  }

  bool with_frames = false;  // one per look: a long story has many
  std::vector<Event> events;
};

/// An engine with an invented machine, programs that are functions, and time that passes as fast as
/// the test wants. Threads are real: step() waits for those that are about to answer.
class EngineRig : public testing::Test {
 protected:
  EngineRig() { machine_.set(kRam, 3_GiB, 10_GiB); }

  /// For a test that wants other parts: before the first use of engine().
  std::vector<std::unique_ptr<Action>> actions_;
  Policy policy_;

  Engine& engine() {
    if (!engine_) start();
    return *engine_;
  }
  void stop() { engine_.reset(); }

  TimePoint now() const { return clock_.now(); }

  /// One round, and another for each outcome that comes while programs answer.
  TimePoint step() {
    TimePoint next = engine().step(now());
    while (is_answering()) {
      pollfd wake{engine().wake_fd(), POLLIN, 0};
      if (poll(&wake, 1, 10'000) != 1) {
        ADD_FAILURE() << "no outcome came";
        break;
      }
      next = engine().step(now());
    }
    return next;
  }
  /// Lives through a stretch of time, looking whenever the engine wants to.
  void live(Duration time) {
    const TimePoint end = now() + time;
    for (TimePoint next = step(); now() < end; next = step()) {
      clock_.advance(std::max<Duration>(std::min(next, end) - now(), 1ms));
      ++looks_;
    }
  }

  /// Waits for something that comes from another thread, then makes a round.
  void await() {
    pollfd wake{engine().wake_fd(), POLLIN, 0};
    EXPECT_EQ(poll(&wake, 1, 10'000), 1);
    step();
  }

  /// A model in RAM that is moved to disk and back.
  Tenant model(const std::string& name, Bytes bytes, int priority = 0) {
    Tenant tenant;
    tenant.id = {name};
    tenant.priority = priority;
    tenant.abilities = {.offload = true, .restore = true};
    tenant.variants = {{"full", {{kRam, bytes}}}, {"disk", {}}};
    tenant.variant = "full";
    tenant.holds = {{kRam, bytes}};
    guests_->set(name, [this, bytes](const GuestRequest& request) -> Result<GuestReply> {
      const Bytes delta = request.verb == "restore" ? bytes : -bytes;
      machine_.add(kRam, delta);
      return GuestReply{.changes = {{"ram", delta}}};
    });
    return tenant;
  }

  support::FakeClock clock_;
  support::FakeMachine machine_;
  std::shared_ptr<support::FakeGuests> guests_ = std::make_shared<support::FakeGuests>();
  RecordingSink sink_;
  std::set<std::string> hanging_;  // tenants whose programs are not waited for
  int looks_ = 0;

 private:
  bool is_answering() {
    for (const Step& step : engine().status().running) {
      if (!hanging_.contains(step.tenant.text)) return true;
      while (!is_asked(step.tenant)) std::this_thread::yield();  // it hangs once it was asked
    }
    return false;
  }
  bool is_asked(const TenantId& tenant) const {
    for (const GuestRequest& request : guests_->asked()) {
      if (request.tenant == tenant.text) return true;
    }
    return false;
  }

  void start() {
    EngineParts parts;
    parts.clock = &clock_;
    parts.policy = policy_;
    parts.sensors.push_back(machine_.sensor());
    for (const Rung rung : {Rung::trim, Rung::unload_idle, Rung::shrink, Rung::offload}) {
      parts.actions.push_back(std::make_unique<CallbackAction>(rung, guests_));
    }
    for (auto& action : actions_) parts.actions.push_back(std::move(action));
    parts.sink = &sink_;
    engine_ = std::make_unique<Engine>(std::move(parts));
  }

  std::unique_ptr<Engine> engine_;
};

}  // namespace spillway
