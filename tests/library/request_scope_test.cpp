// RequestScope: what a request took is given back at its end, however it ends.

#include "spillway/request_scope.hpp"

#include <memory_resource>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/library_program.h"

namespace {

int g_trims = 0;
std::int64_t g_held = 0;           // of the counting resource below
std::int64_t g_held_at_trim = -1;  // when the last trim came

/// What arenas get their memory from as long as it lives.
class CountedMemory final : public std::pmr::memory_resource {
 public:
  CountedMemory() : before_(std::pmr::set_default_resource(this)) { g_held = 0; }
  ~CountedMemory() override { std::pmr::set_default_resource(before_); }
  CountedMemory(const CountedMemory&) = delete;
  CountedMemory& operator=(const CountedMemory&) = delete;

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    g_held += static_cast<std::int64_t>(bytes);
    return before_->allocate(bytes, alignment);
  }
  void do_deallocate(void* data, std::size_t bytes, std::size_t alignment) override {
    g_held -= static_cast<std::int64_t>(bytes);
    before_->deallocate(data, bytes, alignment);
  }
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
    return this == &other;
  }

  std::pmr::memory_resource* before_;
};

}  // namespace

/// The library's trims look for tcmalloc's function by its name in the program: here it is.
extern "C" __attribute__((visibility("default"))) void MallocExtension_ReleaseFreeMemory();
void MallocExtension_ReleaseFreeMemory() {
  ++g_trims;
  g_held_at_trim = g_held;
}

namespace {

using spillway::Level;
using spillway::MemoryManager;
using spillway::RequestScope;

class RequestScopeTest : public LibraryTest {
 protected:
  void SetUp() override {
    LibraryTest::SetUp();
    g_trims = 0;
    g_held_at_trim = -1;
  }
  /// With the trims that need no callback. It looks only when told to, so it trims only when told to.
  spillway::Options trimming() const {
    auto chosen = options();
    chosen.builtin_trims = true;
    return chosen;
  }

  CountedMemory memory_;
};

TEST_F(RequestScopeTest, GivesItsMemoryBackAtTheEnd) {
  {
    RequestScope scope;
    std::pmr::vector<float> samples(100'000, scope.memory());
    samples.resize(300'000);
    EXPECT_GE(g_held, 1'200'000);
  }
  EXPECT_EQ(g_held, 0);
}

TEST_F(RequestScopeTest, AlsoWhenTheRequestFails) {
  int closed = 0;
  const auto request = [&] {
    RequestScope scope;
    scope.at_end([&] { ++closed; });
    const std::pmr::vector<float> samples(100'000, scope.memory());
    EXPECT_GE(g_held, 400'000);
    throw std::runtime_error("no such voice");
  };
  EXPECT_THROW(request(), std::runtime_error);
  EXPECT_EQ(g_held, 0);
  EXPECT_EQ(closed, 1);
}

TEST_F(RequestScopeTest, CleansUpTheLastFirstAndOneThatThrowsCostsTheOthersNothing) {
  std::vector<std::string> order;
  {
    RequestScope scope;
    scope.at_end([&] { order.emplace_back("first"); });
    scope.at_end([] { throw std::runtime_error("already closed"); });
    scope.at_end([&] {
      order.emplace_back("last");
      scope.at_end([&] { order.emplace_back("added meanwhile"); });
    });
  }
  EXPECT_EQ(order, (std::vector<std::string>{"last", "added meanwhile", "first"}));
}

TEST_F(RequestScopeTest, WhatIsCleanedUpMayStillBeInItsMemory) {
  std::string seen;
  {
    RequestScope scope;
    auto* text = std::pmr::polymorphic_allocator<char>(scope.memory()).new_object<std::string>();
    *text = "a transcription that is longer than a short string";
    scope.at_end([&seen, text] {
      seen = *text;
      std::destroy_at(text);
    });
  }
  EXPECT_EQ(seen, "a transcription that is longer than a short string");
}

TEST_F(RequestScopeTest, DoesNotTrimWhileThereIsMemory) {
  MemoryManager memory{trimming()};
  memory.step();
  { const RequestScope scope(memory); }
  EXPECT_EQ(g_trims, 0);
}

TEST_F(RequestScopeTest, TrimsUnderPressureOnceItsMemoryIsBack) {
  MemoryManager memory{trimming()};
  fill(0.85);
  memory.step();
  ASSERT_EQ(memory.level(), Level::warning);
  {
    RequestScope scope(memory);
    const std::pmr::vector<float> samples(100'000, scope.memory());
    EXPECT_EQ(g_trims, 0);
  }
  EXPECT_EQ(g_trims, 1);
  EXPECT_EQ(g_held_at_trim, 0);
}

TEST_F(RequestScopeTest, TrimsAfterAFailedRequestToo) {
  MemoryManager memory{trimming()};
  fill(0.85);
  memory.step();
  const auto request = [&] {
    const RequestScope scope(memory);
    throw std::runtime_error("no such voice");
  };
  EXPECT_THROW(request(), std::runtime_error);
  EXPECT_EQ(g_trims, 1);
}

}  // namespace
