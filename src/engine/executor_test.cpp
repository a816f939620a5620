#include "engine/executor.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <stdexcept>
#include <thread>

namespace spillway {
namespace {

/// Does what the test says.
class FakeAction final : public Action {
 public:
  using Body = std::function<Outcome(const Step&, TimePoint)>;
  explicit FakeAction(Body body) : body_(std::move(body)) {}
  std::string_view name() const override { return "fake"; }
  Capability capability() const override { return {"fake", true, ""}; }
  void offers(const Snapshot&, const Tenant&, std::vector<Offer>&) const override {}
  Outcome run(const Step& step, const Tenant&, TimePoint deadline) override {
    return body_(step, deadline);
  }

 private:
  Body body_;
};

class ExecutorTest : public testing::Test {
 protected:
  void start(std::uint64_t id, FakeAction::Body body, const char* tenant = "stt") {
    Step step{.id = id, .tenant = {tenant}};
    Tenant target;
    target.id = {tenant};
    executor_->start({step, target, std::make_shared<FakeAction>(std::move(body)), deadline_});
  }
  /// Waits for the event and takes what there is.
  std::vector<Executor::Finished> wait() {
    pollfd event{wake_->fd(), POLLIN, 0};
    EXPECT_EQ(poll(&event, 1, 10'000), 1);
    wake_->clear();
    return executor_->take();
  }

  const TimePoint deadline_ = TimePoint(1h);
  const std::shared_ptr<WakeEvent> wake_ = std::make_shared<WakeEvent>();
  std::unique_ptr<Executor> executor_ = std::make_unique<Executor>(wake_, 2);
};

Outcome finished(const Step& step, TimePoint) { return {.step = step.id, .detail = "ran"}; }

TEST_F(ExecutorTest, RunsAStepElsewhereAndWakesTheEngine) {
  const auto here = std::this_thread::get_id();
  start(7, [&](const Step& step, TimePoint deadline) {
    EXPECT_NE(std::this_thread::get_id(), here);
    EXPECT_EQ(deadline, deadline_);
    return Outcome{.step = step.id, .measured = {{kRam, 1_GiB}}, .detail = "ran"};
  });
  const auto done = wait();
  ASSERT_EQ(done.size(), 1u);
  EXPECT_EQ(done[0].outcome.step, 7u);
  EXPECT_EQ(done[0].outcome.detail, "ran");
  EXPECT_TRUE(done[0].outcome.measured.empty());  // not the action's to say
  EXPECT_FALSE(done[0].late);
  EXPECT_FALSE(executor_->next_expiry());
}

TEST_F(ExecutorTest, ThrowingActionIsAFailureAndNothingMore) {
  start(1, [](const Step&, TimePoint) -> Outcome { throw std::runtime_error("no such layer"); });
  EXPECT_EQ(wait().at(0).outcome.error, "it threw: no such layer");
  start(2, [](const Step&, TimePoint) -> Outcome { throw 42; });
  const auto done = wait();
  EXPECT_EQ(done.at(0).outcome.status, StepStatus::failed);
  EXPECT_EQ(done.at(0).outcome.step, 2u);
  start(3, finished);
  EXPECT_EQ(wait().at(0).outcome.status, StepStatus::done);
}

TEST_F(ExecutorTest, HungActionIsGivenUpAndItsEndComesLate) {
  std::promise<void> release, running;
  start(1, [&, gate = release.get_future().share()](const Step& step, TimePoint) {
    running.set_value();
    gate.wait();
    return Outcome{.step = step.id, .detail = "after all"};
  });
  running.get_future().wait();
  executor_->expire(deadline_);
  EXPECT_TRUE(executor_->take().empty());  // a moment of grace
  ASSERT_TRUE(executor_->next_expiry());
  executor_->expire(*executor_->next_expiry());
  auto done = executor_->take();
  ASSERT_EQ(done.size(), 1u);
  EXPECT_EQ(done[0].outcome.status, StepStatus::timed_out);
  EXPECT_EQ(executor_->stuck(), std::vector<TenantId>{{"stt"}});
  executor_->expire(deadline_ + 10h);
  EXPECT_TRUE(executor_->take().empty());  // given up once

  release.set_value();
  done = wait();
  ASSERT_EQ(done.size(), 1u);
  EXPECT_TRUE(done[0].late);
  EXPECT_EQ(done[0].outcome.detail, "after all");
  EXPECT_TRUE(executor_->stuck().empty());
}

TEST_F(ExecutorTest, StuckThreadsLeaveRoomForOthers) {
  std::promise<void> release;
  const auto gate = release.get_future().share();
  std::atomic<std::uint64_t> running = 0;
  for (std::uint64_t id = 1; id <= 4; ++id) {  // two threads at most
    start(id, [&running, gate](const Step& step, TimePoint) {
      ++running;
      gate.wait();
      return Outcome{.step = step.id};
    });
    while (running < id) std::this_thread::yield();
    executor_->expire(deadline_ + 1h);
  }
  EXPECT_EQ(executor_->stuck().size(), 4u);
  EXPECT_EQ(executor_->take().size(), 4u);
  start(5, finished, "llm");
  EXPECT_EQ(wait().at(0).outcome.detail, "ran");
  release.set_value();
}

TEST_F(ExecutorTest, WorkThatNoThreadCameToIsSkippedNotBlamedOnTheTenant) {
  std::promise<void> release;
  const auto gate = release.get_future().share();
  std::atomic<int> running = 0;
  for (std::uint64_t id = 1; id <= 2; ++id) {
    start(id, [&running, gate](const Step& step, TimePoint) {
      ++running;
      gate.wait();
      return Outcome{.step = step.id};
    });
  }
  while (running < 2) std::this_thread::yield();
  start(3, finished, "llm");
  executor_->expire(deadline_ + 1s);
  for (const auto& done : executor_->take()) {
    EXPECT_EQ(done.outcome.status, done.step.id == 3 ? StepStatus::skipped : StepStatus::timed_out);
  }
  EXPECT_EQ(executor_->stuck().size(), 2u);
  release.set_value();
}

TEST_F(ExecutorTest, DestructionDoesNotWaitForAStuckThread) {
  std::promise<void> release, running;
  const auto ended = std::make_shared<std::promise<void>>();  // the thread's, as much as ours
  start(1, [&running, ended, gate = release.get_future().share()](const Step& step, TimePoint) {
    running.set_value();
    gate.wait();
    ended->set_value();
    return Outcome{.step = step.id};
  });
  running.get_future().wait();
  const auto begin = std::chrono::steady_clock::now();
  executor_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);  // a hang would last for ever
  release.set_value();
  ended->get_future().wait();  // it had all it needed to end
}

TEST_F(ExecutorTest, ThreadsAreUsedAgain) {
  std::thread::id first;
  for (int i = 0; i < 20; ++i) {
    start(1, [&](const Step& step, TimePoint) {
      if (first == std::thread::id()) first = std::this_thread::get_id();
      return Outcome{.step = step.id};
    });
    wait();
  }
  start(2, [&](const Step& step, TimePoint) {
    EXPECT_EQ(std::this_thread::get_id(), first);
    return Outcome{.step = step.id};
  });
  wait();
}

}  // namespace
}  // namespace spillway
