#include "base/fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>

namespace spillway {
namespace {

bool is_open(int fd) { return fcntl(fd, F_GETFD) != -1; }
int some_fd() { return open("/dev/null", O_RDONLY | O_CLOEXEC); }

TEST(UniqueFd, ClosesWhatItOwnsOnce) {
  const int raw = some_fd();
  { const UniqueFd owner(raw); }
  EXPECT_FALSE(is_open(raw));
}

TEST(UniqueFd, MovesOwnershipAndClosesTheOldOne) {
  UniqueFd first(some_fd());
  UniqueFd second(some_fd());
  const int kept = first.get();
  const int lost = second.get();
  second = std::move(first);
  EXPECT_EQ(second.get(), kept);
  EXPECT_TRUE(is_open(kept));
  EXPECT_FALSE(is_open(lost));
}

TEST(UniqueFd, ReleaseGivesItAway) {
  UniqueFd owner(some_fd());
  const int raw = owner.release();
  EXPECT_FALSE(owner);
  EXPECT_TRUE(is_open(raw));
  close(raw);
}

TEST(UniqueFd, ResetToItselfKeepsItOpen) {
  UniqueFd owner(some_fd());
  owner.reset(owner.get());
  EXPECT_TRUE(is_open(owner.get()));
}

}  // namespace
}  // namespace spillway
