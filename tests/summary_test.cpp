// The closing line of ./dev test is made by tests/summary.awk from what ctest reports.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdio.h>
#include <sys/wait.h>

#include <stdexcept>
#include <string>

#include "tests/support/temp_dir.h"

namespace spillway {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

struct Summary {
  std::string text;
  int status = -1;
};

std::string test_case(const std::string& name, const std::string& status,
                      const std::string& output) {
  return "\t<testcase name=\"" + name + "\" classname=\"" + name + "\" time=\"0.1\" status=\"" +
         status + "\">\n\t\t<system-out>" + output + "</system-out>\n\t</testcase>\n";
}

std::string skipped_output(const std::string& name, const std::string& reason) {
  return "[ RUN      ] " + name + "\na_test.cpp:9: Skipped\n" + reason + "\n\n[  SKIPPED ] " +
         name + " (0 ms)\n";
}

Summary summary_of(const std::string& cases) {
  const support::TempDir dir;
  const std::string report = dir.write("report.xml", "<testsuite>\n" + cases + "</testsuite>\n");
  FILE* pipe = popen(("awk -f tests/summary.awk " + report).c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run awk");
  Summary summary;
  for (int c = fgetc(pipe); c != EOF; c = fgetc(pipe)) summary.text += static_cast<char>(c);
  summary.status = WEXITSTATUS(pclose(pipe));
  return summary;
}

TEST(SummaryTest, CountsWhatPassed) {
  const Summary summary = summary_of(test_case("A.B", "run", "") + test_case("A.C", "run", ""));
  EXPECT_EQ(summary.text, "2 passed, 0 failed, 0 skipped\n");
  EXPECT_EQ(summary.status, 0);
}

TEST(SummaryTest, NamesWhatFailedAndFails) {
  const Summary summary = summary_of(test_case("A.B", "fail", "") + test_case("A.C", "run", ""));
  EXPECT_EQ(summary.text, "FAILED: A.B\n1 passed, 1 failed, 0 skipped\n");
  EXPECT_EQ(summary.status, 1);
}

TEST(SummaryTest, SaysWhyATestWasSkipped) {
  const Summary summary =
      summary_of(test_case("A.B", "notrun", skipped_output("A.B", "no GPU &amp; no\nNVML")));
  EXPECT_EQ(summary.text, "skipped: A.B: no GPU & no NVML\n0 passed, 0 failed, 1 skipped\n");
  EXPECT_EQ(summary.status, 0);
}

TEST(SummaryTest, CountsADisabledTestAsSkipped) {
  const Summary summary = summary_of(test_case("A.B", "disabled", "Disabled"));
  EXPECT_EQ(summary.text, "skipped: A.B: disabled\n0 passed, 0 failed, 1 skipped\n");
}

TEST(SummaryTest, DoesNotExcuseALeakBehindASkip) {
  const std::string leak = "==12==ERROR: LeakSanitizer: detected memory leaks\n";
  const Summary summary =
      summary_of(test_case("A.B", "notrun", skipped_output("A.B", "no GPU") + leak));
  EXPECT_THAT(summary.text, EndsWith("FAILED: A.B\n0 passed, 1 failed, 0 skipped\n"));
  EXPECT_EQ(summary.status, 1);
}

TEST(SummaryTest, KeepsTheReasonsOfTwoTestsApart) {
  const Summary summary = summary_of(test_case("A.B", "notrun", skipped_output("A.B", "no GPU")) +
                                     test_case("A.C", "run", "prints: Skipped\nsome words\n") +
                                     test_case("A.D", "notrun", skipped_output("A.D", "no swap")));
  EXPECT_THAT(summary.text, HasSubstr("skipped: A.B: no GPU\nskipped: A.D: no swap\n"));
  EXPECT_THAT(summary.text, Not(HasSubstr("some words")));
}

TEST(SummaryTest, FailsWhenNothingRan) {
  const Summary summary = summary_of("");
  EXPECT_EQ(summary.text, "FAILED: no test ran\n0 passed, 1 failed, 0 skipped\n");
  EXPECT_EQ(summary.status, 1);
}

}  // namespace
}  // namespace spillway
