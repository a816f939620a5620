#include "port/program_output.h"

#include <gtest/gtest.h>

namespace spillway {
namespace {

TEST(ProgramOutput, IsWhatItPrints) {
  EXPECT_EQ(output_of("sh", {"-c", "echo one; echo two >&2"}, 10s), "one\n");
  EXPECT_EQ(output_of("cat", {}, 10s), "");  // nothing on standard input
}

TEST(ProgramOutput, OfAMissingOrFailingProgramIsAnError) {
  EXPECT_EQ(output_of("no-such-program-here", {}, 10s).error().code, Errc::not_found);
  EXPECT_EQ(output_of("sh", {"-c", "echo half; exit 9"}, 10s).error().code, Errc::io);
}

TEST(ProgramOutput, IsNotWaitedForBeyondItsTime) {
  EXPECT_EQ(output_of("sleep", {"600"}, 50ms).error().code, Errc::timed_out);
}

TEST(ProgramOutput, IsCutOffWhereItIsTooLong) {
  EXPECT_EQ(output_of("yes", {}, 10s, 1 << 16).error().code, Errc::invalid);
}

}  // namespace
}  // namespace spillway
