#include "render/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "render/reports_test.h"

namespace spillway {
namespace {

using testing::Contains;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Lines = std::vector<std::string>;

TEST(StatusLines, FitOnAFewCalmLines) {
  EXPECT_EQ(status_lines(calm_report(), {}),
            (Lines{"normal: no memory is short",
                   "ram           2 of 16 GiB  12 %  normal  10.8 GiB to warning",
                   "swap     512 MiB of 2 GiB  25 %  normal  1.1 GiB to warning",
                   "stalls   memory 0 %   io 0.4 %", "tenants  2 resident",
                   "next     nothing until swap grows by 1.1 GiB"}));
}

TEST(StatusLines, SayWhatIsShortAndWhatIsBeingDone) {
  EXPECT_EQ(
      status_lines(pressed_report(), {}),
      (Lines{
          "critical: ram, 14.5 GiB of 16 GiB in use (91 %), critical from 90 %",
          "ram        14.5 of 16 GiB  91 %  critical  900 MiB too much    +120 MiB/s, full in 12 s",
          "swap     512 MiB of 2 GiB  25 %  normal    1.1 GiB to warning",
          "stalls   memory 0 %   io 0.4 %", "tenants  1 resident, 1 away: stt offloaded to cpu",
          "next     trim llm for the sake of ram, right now"}));
}

TEST(StatusLines, StayWithinTheTerminal) {
  for (const std::size_t width : {44U, 60U, 80U}) {
    const auto lines = status_lines(pressed_report(), {.width = width});
    for (std::size_t i = 1; i < lines.size(); ++i) EXPECT_LE(columns(lines[i]), width) << lines[i];
  }
}

TEST(StatusLines, AnUnreadablePoolIsUnknownAndNotCalm) {
  StatusReport report = calm_report();
  report.pools[0].assessment.unknown_since = 12s;
  report.pools[0].assessment.used.reset();
  report.faults = {{"meminfo", {Errc::denied, "permission denied", "/proc/meminfo", ""}}};
  const auto lines = status_lines(report, {});
  EXPECT_EQ(lines[0], "normal: no memory that can be read is short");
  EXPECT_THAT(lines[1], HasSubstr("? of 16 GiB"));
  EXPECT_THAT(lines[1], HasSubstr("unknown for 12 s"));
  EXPECT_EQ(lines.back(), "unread   meminfo: /proc/meminfo: permission denied");
}

TEST(StatusLines, ListACgroupOnlyWhenItIsShort) {
  StatusReport report = calm_report();
  PoolStatus group;
  group.assessment.pool = {"cgroup:/system.slice/ollama.service"};
  group.assessment.used = 1_GiB;
  group.assessment.total = 2_GiB;
  report.pools.push_back(group);
  EXPECT_THAT(status_lines(report, {}), Not(Contains(HasSubstr("ollama"))));
  report.pools.back().assessment.level = Level::warning;
  EXPECT_THAT(status_lines(report, {}), Contains(StartsWith("cgroup:../ollama.service")));
}

TEST(StatusLines, TellCardsApartOnlyWhereThereAreSeveral) {
  StatusReport report = calm_report();
  PoolStatus card;
  card.assessment.pool = {"vram:GPU-1a2b3c4d-5e6f-7081-92a3-b4c5d6e7f809"};
  card.assessment.used = 5_GiB;
  card.assessment.total = 24_GiB;
  report.pools.push_back(card);
  EXPECT_THAT(status_lines(report, {})[1], StartsWith("vram   "));
  report.pools.push_back(card);
  report.pools.back().assessment.pool = {"vram:GPU-ffffffff-5e6f-7081-92a3-b4c5d6e7f809"};
  const auto lines = status_lines(report, {});
  EXPECT_THAT(lines[1], StartsWith("vram:1a2b3c4d  "));
  EXPECT_THAT(lines[2], StartsWith("vram:ffffffff  "));
}

TEST(StatusLines, WithoutADaemonThereAreNoTenantsToSpeakOf) {
  StatusReport report = calm_report();
  report.source = "direct";
  report.tenants.clear();
  EXPECT_THAT(status_lines(report, {}), Not(Contains(StartsWith("tenants"))));
}

TEST(StatusLines, NothingMeasuredIsSaid) {
  EXPECT_EQ(status_lines(StatusReport{}, {})[0], "normal: nothing can be measured here");
}

TEST(DetailLines, TellWhatWorksHereAndWhatWasDone) {
  StatusReport report = calm_report();
  report.capabilities = {{"freeze", false, "no cgroup v2"}, {"trim", true, ""}};
  report.counters.steps = 3;
  report.counters.given_back = 1.5_GiB;
  const auto lines = detail_lines(report, {});
  EXPECT_EQ(lines[1], "freeze   off    no cgroup v2");
  EXPECT_EQ(lines[2], "trim     works");
  EXPECT_THAT(lines[3], HasSubstr("3 measures gave 1.5 GiB back"));
  EXPECT_THAT(lines[3], StartsWith("since 90 s ago"));
}

}  // namespace
}  // namespace spillway
