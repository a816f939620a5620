#include "capi/gate.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "tests/support/child.h"

namespace spillway {
namespace {

using support::eventually;

TimePoint in(Duration time) { return SystemClock().now() + time; }

TEST(Gate, RequestsRunSideBySide) {
  const auto gate = std::make_shared<Gate>();
  ASSERT_TRUE(gate->enter());
  std::thread([&] {
    EXPECT_TRUE(gate->enter());
    gate->leave();
  }).join();
  EXPECT_TRUE(gate->busy());
  gate->leave();
  EXPECT_FALSE(gate->busy());
}

TEST(Gate, AMoveWaitsForTheRequestThatRuns) {
  const auto gate = std::make_shared<Gate>();
  ASSERT_TRUE(gate->enter());
  std::atomic<bool> ended = false;
  auto move = std::async(std::launch::async, [&] {
    const auto begun = gate->begin_move(in(10s));
    EXPECT_TRUE(ended);
    gate->end_move();
    return begun.has_value();
  });
  std::this_thread::sleep_for(5ms);
  ended = true;
  gate->leave();
  EXPECT_TRUE(move.get());
}

TEST(Gate, AMoveGivesUpWhenARequestDoesNotEnd) {
  const auto gate = std::make_shared<Gate>();
  ASSERT_TRUE(gate->enter());
  auto move = std::async(std::launch::async, [&] { return gate->begin_move(in(10ms)); });
  const auto begun = move.get();
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().code, Errc::timed_out);
  gate->leave();
  EXPECT_TRUE(gate->begin_move(in(0ms))) << "the one that gave up is no obstacle";
  gate->end_move();
}

TEST(Gate, HoldsARequestBackWhileAMoveRunsAndTellsHowLong) {
  const auto gate = std::make_shared<Gate>();
  ASSERT_TRUE(gate->begin_move(in(10s)));
  auto request = std::async(std::launch::async, [&] {
    const auto entered = gate->enter();
    if (entered) gate->leave();
    return entered.has_value();
  });
  EXPECT_EQ(request.wait_for(20ms), std::future_status::timeout);
  EXPECT_GE(gate->end_move(), 10ms);
  EXPECT_TRUE(request.get());
}

TEST(Gate, AMoveThatNobodyWaitedForCostNoPause) {
  const auto gate = std::make_shared<Gate>();
  ASSERT_TRUE(gate->begin_move(in(10s)));
  EXPECT_EQ(gate->end_move(), Duration::zero());
}

TEST(Gate, ANestedRequestIsNotHeldBackByAMoveThatWaits) {
  const auto gate = std::make_shared<Gate>();
  ASSERT_TRUE(gate->enter());
  auto move = std::async(std::launch::async, [&] {
    const auto begun = gate->begin_move(in(10s));
    if (begun) gate->end_move();
    return begun.has_value();
  });
  std::this_thread::sleep_for(5ms);  // the move may wait by now; either way this must not block
  ASSERT_TRUE(gate->enter());
  gate->leave();
  gate->leave();
  EXPECT_TRUE(move.get());
}

TEST(Gate, ARequestGivesUpOnAMoveThatHangs) {
  const auto gate = std::make_shared<Gate>();
  ASSERT_TRUE(gate->begin_move(in(1ms)));
  const auto entered = gate->enter();
  ASSERT_FALSE(entered);
  EXPECT_EQ(entered.error().code, Errc::timed_out);
  gate->end_move();
  EXPECT_TRUE(gate->enter()) << "it returned at last";
  gate->leave();
}

TEST(Gate, AMoveIsRefusedAtOnceWhileTheRequestInsideWaitsForMemoryItself) {
  const auto gate = std::make_shared<Gate>();
  ASSERT_TRUE(gate->enter());
  auto move = std::async(std::launch::async, [&] { return gate->begin_move(in(10s)); });
  {
    const Gate::Starving starving;
    const auto begun = move.get();
    ASSERT_FALSE(begun);
    EXPECT_EQ(begun.error().code, Errc::unavailable);
  }
  gate->leave();
}

TEST(Gate, OneMoveAtATime) {
  const auto gate = std::make_shared<Gate>();
  ASSERT_TRUE(gate->begin_move(in(10s)));
  EXPECT_FALSE(gate->begin_move(in(10s)));
  gate->end_move();
}

TEST(Gate, ARequestMayEndOnAnotherThreadThanItBeganOn) {
  const auto gate = std::make_shared<Gate>();
  ASSERT_TRUE(gate->enter());
  std::thread([&] { gate->leave(); }).join();
  EXPECT_FALSE(gate->busy());
  ASSERT_TRUE(gate->begin_move(in(1s)));
  gate->end_move();
}

// Under ThreadSanitizer this is the proof that a move excludes requests: `weights` has no other lock.
TEST(Gate, NeverLetsAMoveAndARequestTouchTheSameWeights) {
  const auto gate = std::make_shared<Gate>();
  int weights = 0;
  std::atomic<bool> stop = false;
  std::atomic<int> requests = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back([&] {
      while (!stop) {
        if (!gate->enter()) continue;
        EXPECT_EQ(weights % 2, 0) << "a request saw a move halfway";
        ++requests;
        gate->leave();
      }
    });
  }
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(gate->begin_move(in(10s)));
    ++weights;
    std::this_thread::yield();
    ++weights;
    gate->end_move();
  }
  EXPECT_TRUE(eventually([&] { return requests > 0; }));
  stop = true;
  for (std::thread& client : clients) client.join();
}

}  // namespace
}  // namespace spillway
