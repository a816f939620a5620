#include "capi/notifier.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include "tests/support/child.h"

namespace spillway {
namespace {

using support::eventually;

const SystemClock kClock;

std::shared_ptr<Listener> listener(void* user = nullptr) {
  return std::make_shared<Listener>(user);
}

TEST(Notifier, CallsOneAfterTheOtherInTheOrderOfPosting) {
  std::vector<int> calls;
  {
    Notifier notifier(kClock, nullptr, 5s);
    std::promise<void> last;
    const auto someone = listener();
    for (int i = 0; i < 5; ++i) notifier.post(someone, [&, i](void*) { calls.push_back(i); });
    notifier.post(someone, [&](void*) { last.set_value(); });
    last.get_future().wait();
  }
  EXPECT_EQ(calls, (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST(Notifier, GoesOnWithOthersWhenOneHangs) {
  Notifier notifier(kClock, nullptr, 5ms);
  std::promise<void> release;
  std::promise<void> returned;
  std::atomic<int> hung_calls = 0;
  std::atomic<int> other_calls = 0;
  const auto hung = listener();
  const auto other = listener();
  notifier.post(hung, [&](void*) {
    ++hung_calls;
    release.get_future().wait();
    returned.set_value();
  });
  ASSERT_TRUE(eventually([&] { return hung_calls == 1; }));
  notifier.post(hung, [&](void*) { ++hung_calls; });
  notifier.post(other, [&](void*) { ++other_calls; });
  EXPECT_TRUE(eventually([&] { return notifier.check(); }));
  EXPECT_TRUE(eventually([&] { return other_calls == 1; }));
  EXPECT_EQ(hung_calls, 1) << "not called again while it hangs";

  release.set_value();
  returned.get_future().wait();
  EXPECT_TRUE(eventually([&] {
    notifier.post(hung, [&](void*) { ++hung_calls; });
    return hung_calls > 1;
  })) << "called again once it returned";
}

TEST(Notifier, AnExceptionCostsThatCallOnly) {
  Notifier notifier(kClock, nullptr, 5s);
  std::atomic<bool> called = false;
  const auto someone = listener();
  notifier.post(someone, [](void*) { throw 1; });
  notifier.post(someone, [&](void*) { called = true; });
  EXPECT_TRUE(eventually([&] { return called.load(); }));
}

TEST(Notifier, ForgetWaitsForTheRunningCallAndDropsTheRest) {
  Notifier notifier(kClock, nullptr, 10s);
  std::atomic<bool> began = false;
  std::atomic<bool> ended = false;
  std::atomic<int> later = 0;
  const auto someone = listener();
  notifier.post(someone, [&](void*) {
    began = true;
    std::this_thread::sleep_for(10ms);
    ended = true;
  });
  notifier.post(someone, [&](void*) { ++later; });
  ASSERT_TRUE(eventually([&] { return began.load(); }));
  notifier.forget(someone);
  EXPECT_TRUE(ended);
  notifier.close();
  EXPECT_EQ(later, 0);
}

TEST(Notifier, MayBeForgottenAndClosedInsideItsOwnCall) {
  const int manager = 0;
  auto notifier = std::make_unique<Notifier>(kClock, &manager, 10s);
  const auto someone = listener();
  std::promise<void> done;
  notifier->post(someone, [&](void*) {
    notifier->forget(someone);
    notifier.reset();
    done.set_value();
  });
  EXPECT_EQ(done.get_future().wait_for(10s), std::future_status::ready);
}

TEST(Notifier, CloseLeavesAHungCallBehindAtItsDeadline) {
  std::promise<void> release;
  std::promise<void> returned;
  std::atomic<bool> began = false;
  {
    Notifier notifier(kClock, nullptr, 5ms);
    notifier.post(listener(), [&](void*) {
      began = true;
      release.get_future().wait();
      returned.set_value();
    });
    ASSERT_TRUE(eventually([&] { return began.load(); }));
  }
  release.set_value();
  returned.get_future().wait();
}

TEST(Notifier, KeepsOnlySoManyCallsWaiting) {
  Notifier notifier(kClock, nullptr, 10s);
  std::promise<void> release;
  std::atomic<bool> began = false;
  std::atomic<int> calls = 0;
  const auto someone = listener();
  notifier.post(someone, [&](void*) {
    began = true;
    release.get_future().wait();
  });
  ASSERT_TRUE(eventually([&] { return began.load(); }));
  int dropped = 0;
  for (int i = 0; i < 1000; ++i) dropped += notifier.post(someone, [&](void*) { ++calls; }) ? 0 : 1;
  EXPECT_EQ(dropped, 1000 - 256);
  release.set_value();
  EXPECT_TRUE(eventually([&] { return calls == 256; }));
}

TEST(Notifier, TheLastUserFreesTheListener) {
  std::atomic<int> freed = 0;
  Notifier notifier(kClock, nullptr, 10s);
  auto someone = listener(&freed);
  someone->own([](void* user) { ++*static_cast<std::atomic<int>*>(user); });
  notifier.post(someone, [](void*) {});
  someone.reset();
  EXPECT_TRUE(eventually([&] { return freed == 1; }));
}

}  // namespace
}  // namespace spillway
