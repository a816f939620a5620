#include "stderr_sink.h"

#include <gtest/gtest.h>

namespace spillway {
namespace {

TEST(StderrSink, PrefixesForTheJournalAndForPeople) {
  EXPECT_EQ(stderr_line({Severity::error, "no memory"}, true), "<3>no memory\n");
  EXPECT_EQ(stderr_line({Severity::info, "all is well"}, true), "<6>all is well\n");
  EXPECT_EQ(stderr_line({Severity::warning, "nearly full"}, false),
            "spillwayd: warning: nearly full\n");
  EXPECT_EQ(stderr_line({Severity::info, "all is well"}, false), "spillwayd: all is well\n");
}

TEST(StderrSink, ATextCannotForgeALine) {
  EXPECT_EQ(stderr_line({Severity::info, "tenant a\n<3>disk on fire\x1b[2J"}, true),
            "<6>tenant a <3>disk on fire [2J\n");
}

}  // namespace
}  // namespace spillway
