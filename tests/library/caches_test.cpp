#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "spillway/batch_governor.hpp"
#include "spillway/bounded_cache.hpp"
#include "spillway/buffer_pool.hpp"
#include "spillway/history_limit.hpp"

namespace spillway {
namespace {

using namespace std::chrono_literals;

BoundedCache<int, std::string> text_cache(std::int64_t capacity) {
  return {Bytes(capacity), [](const std::string& text) { return text.size(); }};
}

TEST(BoundedCacheTest, TheLeastRecentlyUsedGoesFirst) {
  auto cache = text_cache(10);
  cache.put(1, "aaaa");
  cache.put(2, "bbbb");
  ASSERT_TRUE(cache.get(1));  // now 2 is the oldest
  cache.put(3, "cccc");
  EXPECT_TRUE(cache.get(1));
  EXPECT_FALSE(cache.get(2));
  EXPECT_EQ(cache.bytes(), Bytes(8));
}

TEST(BoundedCacheTest, ReplacingAValueDoesNotCountItTwice) {
  auto cache = text_cache(10);
  cache.put(1, "aaaa");
  cache.put(1, "bb");
  EXPECT_EQ(cache.bytes(), Bytes(2));
  EXPECT_EQ(*cache.get(1), "bb");
}

TEST(BoundedCacheTest, WhatIsLargerThanAllowedIsNotKept) {
  auto cache = text_cache(3);
  EXPECT_FALSE(cache.put(1, "aaaa"));
  EXPECT_EQ(cache.size(), 0u);
}

TEST(BoundedCacheTest, ShrinksWithTheLevelAndMayFillAgain) {
  auto cache = text_cache(8);
  cache.put(1, "aaaa");
  cache.put(2, "bbbb");
  EXPECT_EQ(cache.at(Level::warning), Bytes(4));
  EXPECT_FALSE(cache.get(1));
  EXPECT_EQ(cache.at(Level::emergency), Bytes(4));
  EXPECT_FALSE(cache.put(3, "c"));
  cache.at(Level::normal);
  EXPECT_TRUE(cache.put(3, "cccccccc"));
}

TEST(BoundedCacheTest, AReaderKeepsWhatItReadsAfterItWasDropped) {
  auto cache = text_cache(8);
  cache.put(1, "aaaa");
  const auto held = cache.get(1);
  EXPECT_EQ(cache.give(Bytes(1)), Bytes(4));
  EXPECT_EQ(*held, "aaaa");
  EXPECT_FALSE(cache.get(1));
}

TEST(BufferPoolTest, ABufferIsUsedAgain) {
  BufferPool pool(Bytes(1 << 20));
  std::byte* first = nullptr;
  {
    auto buffer = pool.take(1000);
    EXPECT_EQ(buffer.size(), 1024u);
    first = buffer.data();
  }
  EXPECT_EQ(pool.idle(), Bytes(1024));
  EXPECT_EQ(pool.take(900).data(), first);
}

TEST(BufferPoolTest, IdleBuffersAreBoundedAndShrinkWithTheLevel) {
  BufferPool pool(Bytes(4096));
  {
    auto a = pool.take(4096);
    auto b = pool.take(4096);
  }
  EXPECT_EQ(pool.idle(), Bytes(4096));  // the second was not kept
  EXPECT_EQ(pool.at(Level::warning), Bytes(4096));
  { auto a = pool.take(2048); }
  EXPECT_EQ(pool.idle(), Bytes(2048));
  EXPECT_EQ(pool.give(), Bytes(2048));
}

TEST(BufferPoolTest, ABufferMayOutliveItsPool) {
  auto pool = std::make_unique<BufferPool>(Bytes(4096));
  auto buffer = pool->take(64);
  pool.reset();
  buffer.bytes()[0] = std::byte{1};
}

struct FakeTime {
  BatchGovernor::Clock::time_point now{};
};

TEST(BatchGovernorTest, HalvesAtEachRiseAndComesBackSlowly) {
  FakeTime time;
  BatchGovernor governor({.largest = 16, .calm = 10s, .now = [&] { return time.now; }});
  governor.at(Level::warning);
  EXPECT_EQ(governor.size(), 8u);
  governor.at(Level::critical);
  EXPECT_EQ(governor.size(), 4u);
  governor.at(Level::warning);  // falling is no rise
  EXPECT_EQ(governor.size(), 4u);
  time.now += 100s;
  EXPECT_EQ(governor.size(), 4u) << "does not grow while memory is short";
  governor.at(Level::normal);
  time.now += 9s;
  EXPECT_EQ(governor.size(), 4u);
  time.now += 1s;
  EXPECT_EQ(governor.size(), 5u);
  time.now += 1000s;
  EXPECT_EQ(governor.size(), 16u);
}

TEST(BatchGovernorTest, AFailedBatchHalvesItButNeverBelowTheSmallest) {
  BatchGovernor governor({.largest = 8, .smallest = 3});
  for (int i = 0; i < 5; ++i) governor.failed();
  EXPECT_EQ(governor.size(), 3u);
}

TEST(HistoryLimitTest, KeepsTheLastFiveByDefault) {
  HistoryLimit<int> history;
  for (int i = 1; i <= 5; ++i) EXPECT_FALSE(history.push(i));
  EXPECT_EQ(history.push(6), 1);
  EXPECT_EQ(history.items().front(), 2);
  history.limit(2);
  EXPECT_EQ(history.items().size(), 2u);
  EXPECT_EQ(history.items().front(), 5);
}

TEST(HistoryLimitTest, OfNothingKeepsNothing) {
  HistoryLimit<int> history(0);
  EXPECT_EQ(history.push(7), 7);
  EXPECT_TRUE(history.items().empty());
}

}  // namespace
}  // namespace spillway
