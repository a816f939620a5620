#include "render/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spillway {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t kSecond = 1'000'000'000;
WallTime at(std::int64_t s) { return {(1'795'190'400 + s) * kSecond}; }

/// An hour in which the card was short once, made as the journal makes it.
doctor::JournalReport busy_hour() {
  doctor::ReportBuilder builder(at(0), at(3600));
  for (int i = 0; i <= 60; ++i) {
    Frame frame;
    frame.number = static_cast<std::uint64_t>(i) + 1;
    frame.snapshot.at = TimePoint(std::chrono::minutes(i));
    frame.snapshot.wall = at(60 * i);
    PoolAssessment& card = frame.assessment.pools.emplace_back();
    card.pool = {"vram:<script>"};
    card.total = 10_GiB;
    card.share = i < 30 ? 0.5 : 0.92;
    card.used = scaled(10_GiB, *card.share);
    card.level = i < 30 ? Level::normal : Level::critical;
    builder.take(frame);
  }
  StepEnded ended;
  ended.at = TimePoint(1h);
  ended.wall = at(3600);
  ended.step.rung = Rung::offload;
  ended.step.tenant = {"stt"};
  ended.step.pool = {"vram:<script>"};
  ended.outcome.claimed = {{ended.step.pool, -(2_GiB)}};
  ended.outcome.measured = {{ended.step.pool, -(1_GiB)}};
  ended.outcome.pause = 800ms;
  builder.take(ended);
  return builder.finish({});
}

TEST(ReportLines, TellGoalsPoolsMeasuresAndPauses) {
  const auto lines = report_lines(busy_hour(), {});
  EXPECT_THAT(lines[0], HasSubstr("60 min recorded, 1 run of the guard"));
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("vram"), HasSubstr("<= 70 %"), HasSubstr("92 %"),
                                    HasSubstr("missed"))));
  EXPECT_THAT(
      lines, Contains(AllOf(HasSubstr("uptime"), HasSubstr("at least 60 min"), HasSubstr("open"))));
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("cuda errors per hour"), HasSubstr("not measured"))));
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("9.2 GiB"), HasSubstr("1x"), HasSubstr("30 min"))));
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("offload"), HasSubstr("2 GiB"), HasSubstr("1 GiB"))));
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("800 ms"), HasSubstr("stt"))));
}

TEST(ReportPage, IsSelfContainedAndPlots) {
  const std::string page = report_page(busy_hour());
  EXPECT_THAT(page, AllOf(HasSubstr("vram:&lt;script&gt;"), Not(HasSubstr("<script")),
                          Not(HasSubstr("http:")), Not(HasSubstr("https:"))));
  EXPECT_THAT(page, AllOf(HasSubstr("<polyline"), HasSubstr("class=\"act\""), HasSubstr("missed"),
                          HasSubstr("</html>")));
}

TEST(ReportPage, OfNothingIsAPageToo) {
  const std::string page = report_page(doctor::ReportBuilder(at(0), at(3600)).finish({}));
  EXPECT_THAT(page, AllOf(HasSubstr("nothing of this time"), HasSubstr("</html>"),
                          Not(HasSubstr("<polyline"))));
}

}  // namespace
}  // namespace spillway
