#include "exit_code.h"

#include <gtest/gtest.h>

#include <set>

namespace spillway {
namespace {

TEST(ExitCode, EachMeansOneThing) {
  std::set<int> codes;
  for (const ExitCodeRow& row : kExitCodes) codes.insert(static_cast<int>(row.code));
  EXPECT_EQ(codes.size(), kExitCodes.size());
}

TEST(ExitCode, ARefusalIsNoFailure) {
  EXPECT_EQ(exit_code(Errc::denied), ExitCode::refused);
  EXPECT_EQ(exit_code(Errc::refused), ExitCode::refused);
  EXPECT_EQ(exit_code(Errc::timed_out), ExitCode::not_in_time);
  EXPECT_EQ(exit_code(Errc::not_found), ExitCode::failure);
}

}  // namespace
}  // namespace spillway
