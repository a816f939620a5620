#include "spillway/lane.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>
#include <vector>

namespace spillway {
namespace {

TEST(LaneTest, NeverMoreThanItsWidthAtOnce) {
  Lane lane(2, 100);
  std::atomic<int> inside{0}, most{0}, done{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 50; ++k) {
        lane.run([&] {
          const int now = ++inside;
          for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
          }
          std::this_thread::yield();
          --inside;
          ++done;
        });
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(done, 800);
  EXPECT_LE(most, 2);
}

TEST(LaneTest, RefusesTheOneTooManyAndSaysHowManyAreBefore) {
  Lane lane(1, 1);
  std::promise<void> gate;
  auto opened = gate.get_future().share();
  std::thread running([&] { lane.run([&] { opened.wait(); }); });
  while (lane.running() == 0) std::this_thread::yield();
  std::thread waiting([&] { lane.run([] {}); });
  while (lane.waiting() == 0) std::this_thread::yield();
  EXPECT_THROW(lane.run([] {}), LaneFull);
  gate.set_value();
  running.join();
  waiting.join();
  EXPECT_EQ(lane.run([] { return 5; }), 5);
}

TEST(LaneTest, AnExceptionFreesThePlace) {
  Lane lane(1, 0);
  EXPECT_THROW(lane.run([]() -> int { throw std::runtime_error("x"); }), std::runtime_error);
  EXPECT_EQ(lane.run([] { return 1; }), 1);
}

}  // namespace
}  // namespace spillway
