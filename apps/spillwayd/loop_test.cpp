#include "loop.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>

namespace spillway {
namespace {

constexpr TimePoint kNow{};

UniqueFd event_fd() { return UniqueFd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)); }
void poke(const UniqueFd& fd) {
  const std::uint64_t one = 1;
  ASSERT_EQ(::write(fd.get(), &one, sizeof(one)), sizeof(one));
}

TEST(Loop, CallsWhatIsReadyAndNothingElse) {
  Loop loop = std::move(Loop::open().value());
  const UniqueFd a = event_fd(), b = event_fd();
  int a_calls = 0, b_calls = 0;
  ASSERT_TRUE(loop.watch(a.get(), [&] { ++a_calls; }));
  ASSERT_TRUE(loop.watch(b.get(), [&] { ++b_calls; }));
  EXPECT_FALSE(loop.wait(kNow, kNow));
  EXPECT_EQ(a_calls + b_calls, 0);
  poke(b);
  EXPECT_FALSE(loop.wait(kNow, kNow + 10s));
  EXPECT_EQ(a_calls, 0);
  EXPECT_EQ(b_calls, 1);
}

TEST(Loop, ADeadlineInThePastDoesNotSleep) {
  Loop loop = std::move(Loop::open().value());
  EXPECT_FALSE(loop.wait(kNow + 10s, kNow));
}

TEST(Loop, TellsOfASourceOncePerEvent) {
  Loop loop = std::move(Loop::open().value());
  const UniqueFd source = event_fd();
  loop.watch_sources({{source.get(), POLLIN}});
  EXPECT_FALSE(loop.wait(kNow, kNow));
  poke(source);
  EXPECT_TRUE(loop.wait(kNow, kNow + 10s));
  EXPECT_FALSE(loop.wait(kNow, kNow)) << "still readable, and no reason to spin";
  poke(source);
  EXPECT_TRUE(loop.wait(kNow, kNow + 10s));
}

TEST(Loop, ASourceThatIsNotNamedAnyMoreIsNotWatched) {
  Loop loop = std::move(Loop::open().value());
  const UniqueFd source = event_fd();
  loop.watch_sources({{source.get(), POLLIN}});
  loop.watch_sources({});
  poke(source);
  EXPECT_FALSE(loop.wait(kNow, kNow));
  loop.watch_sources({{source.get(), POLLIN}});
  EXPECT_TRUE(loop.wait(kNow, kNow + 10s));
}

TEST(Loop, ASourceOpenedAnewUnderTheSameNumberIsWatchedAgain) {
  Loop loop = std::move(Loop::open().value());
  UniqueFd source = event_fd();
  const int number = source.get();
  loop.watch_sources({{number, POLLIN}});
  source.reset();
  loop.watch_sources({});
  source = event_fd();
  ASSERT_EQ(source.get(), number);
  loop.watch_sources({{number, POLLIN}});
  poke(source);
  EXPECT_TRUE(loop.wait(kNow, kNow + 10s));
}

TEST(Loop, ASourceThatIsNoneCostsNothing) {
  Loop loop = std::move(Loop::open().value());
  loop.watch_sources({{-1, POLLPRI}, {9999, POLLPRI}});
  EXPECT_FALSE(loop.wait(kNow, kNow));
}

}  // namespace
}  // namespace spillway
