#include "base/result.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace spillway {
namespace {

TEST(Error, IsWrittenWithPlaceWhatAndHint) {
  EXPECT_EQ(to_string(Error{Errc::invalid, "not a number", "/proc/meminfo", "report it"}),
            "/proc/meminfo: not a number (report it)");
  EXPECT_EQ(to_string(Error{Errc::invalid, "not a number", {}, {}}), "not a number");
}

TEST(Error, OfASystemCallKeepsErrnosWordsAndKind) {
  const Error missing = system_error(ENOENT, "/nowhere");
  EXPECT_EQ(missing.code, Errc::not_found);
  EXPECT_EQ(to_string(missing), "/nowhere: No such file or directory");
  EXPECT_EQ(system_error(EPERM, "").code, Errc::denied);
  EXPECT_EQ(system_error(EPIPE, "").code, Errc::unavailable);
  EXPECT_EQ(system_error(ENOSPC, "").code, Errc::io);
  EXPECT_EQ(system_error(123456, "").what, "unknown error");
}

TEST(Error, EveryKindHasAName) {
  EXPECT_STREQ(name(Errc::not_found), "not_found");
  EXPECT_STREQ(name(Errc::timed_out), "timed_out");
  EXPECT_STREQ(name(Errc::refused), "refused");
}

TEST(Result, HoldsEitherTheValueOrTheError) {
  const Result<int> good = 3;
  const Result<int> bad = fail(Errc::denied, "no", "here");
  EXPECT_EQ(good.value(), 3);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, Errc::denied);
}

}  // namespace
}  // namespace spillway
