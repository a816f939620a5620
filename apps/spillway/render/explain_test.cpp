#include "render/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spillway {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

doctor::Report report() {
  doctor::Report report;
  doctor::Finding finding;
  finding.kind = doctor::Kind::kernel_oom;
  finding.pool = "ram";
  finding.first = finding.last = {doctor::Stamp::Line::boot, 30.5, "30.5"};
  finding.total = 8_GiB;
  finding.victim = doctor::Victim{"<script>alert(1)</script>", 116, 7_GiB};
  finding.holders = {{"stress", 116, 6_GiB}};
  finding.cause = doctor::Cause::overload;
  finding.because = "a & b";
  finding.advice = {{"less of it", 2_GiB, "fit"}};
  finding.evidence = {{"kern.log", 3, "it said \"so\"\x1b[31m"}};
  report.findings.push_back(finding);
  return report;
}

TEST(ExplainLines, SayWhatWhoAndWhy) {
  const auto lines = explain_lines(report(), {});
  EXPECT_EQ(lines[0], "kernel-oom in ram, <script>alert(1)</script> killed: overload");
  EXPECT_THAT(lines, Contains("  held by   stress (116): 6 GiB (75 %)"));
  EXPECT_THAT(lines, Contains("  helps     less of it: 2 GiB less (fit)"));
  EXPECT_THAT(lines, Contains("  when      30.5 s after boot"));
  for (const auto& line : lines) EXPECT_THAT(line, Not(HasSubstr("\x1b")));
}

TEST(ExplainLines, SayThatNothingWas) {
  EXPECT_THAT(explain_lines({}, {}), Contains(HasSubstr("nothing ran out")));
}

TEST(ExplainPage, IsSelfContainedAndEscapesLogs) {
  const std::string page = explain_page(report());
  EXPECT_THAT(page,
              AllOf(HasSubstr("&lt;script&gt;alert(1)"), Not(HasSubstr("<script")),
                    Not(HasSubstr("http:")), Not(HasSubstr("https:")), Not(HasSubstr("\x1b"))));
  EXPECT_THAT(page, AllOf(HasSubstr("<svg"), HasSubstr("a &amp; b"), HasSubstr("</html>")));
}

TEST(ExplainPage, PlotsWhatOurJournalHas) {
  doctor::Report with = report();
  with.findings[0].first = with.findings[0].last = {doctor::Stamp::Line::wall, 1'790'000'050, ""};
  doctor::Series series("ram");
  for (int i = 0; i < 100; ++i) series.add(1'790'000'000 + i, Bytes{i}, 100_B);
  with.series.push_back(series);
  EXPECT_THAT(explain_page(with), HasSubstr("<polyline class=\"use s0\" points=\"50.0,"));
}

}  // namespace
}  // namespace spillway
