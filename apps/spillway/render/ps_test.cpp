#include "render/ps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "render/reports_test.h"

namespace spillway {
namespace {

using testing::HasSubstr;
using Lines = std::vector<std::string>;

TEST(PsLines, ShowTheBiggestTenantFirst) {
  EXPECT_EQ(
      ps_lines(calm_report(), false, {}),
      (Lines{
          "TENANT   PID     VRAM      RAM  SWAP  STATE     IDLE  PRIORITY  CAN GIVE",
          "llm        -        -    4 GiB     -  busy      busy         0  nothing: pinned",
          "stt     4711  1.5 GiB  200 MiB     -  resident  10 s        10  trim 64 MiB, offload, "
          "freeze"}));
}

TEST(PsLines, MeasuredFiguresCountMoreThanDeclaredOnes) {
  StatusReport report = calm_report();
  report.owners = {{{4711, 99}, 1000, "stt", "", 900_MiB, 700_MiB, 5_MiB, {}}};
  report.device_uses = {{{"vram:GPU-1"}, 4711, 2_GiB, {}}};
  EXPECT_THAT(ps_lines(report, false, {})[2], HasSubstr("4711  2 GiB  700 MiB  5 MiB"));
}

TEST(PsLines, AProcessThatMerelyHasThePidOfATenantIsAnother) {
  StatusReport report = calm_report();
  report.owners = {{{4711, 100}, 1000, "other", "", 900_MiB, 700_MiB, 5_MiB, {}}};
  const auto lines = ps_lines(report, true, {});
  EXPECT_THAT(lines[2], HasSubstr("200 MiB"));
  EXPECT_THAT(lines[3], HasSubstr("other"));
  EXPECT_THAT(lines[3], HasSubstr("no tenant"));
}

TEST(PsLines, LeaveOutWhatThisMachineLacks) {
  StatusReport report = calm_report();
  report.capabilities = {{"freeze", false, "no cgroup v2"}};
  report.pools.erase(report.pools.begin() + 1);  // no swap
  EXPECT_EQ(ps_lines(report, false, {})[0],
            "TENANT   PID     VRAM      RAM  STATE     IDLE  PRIORITY  CAN GIVE");
  EXPECT_THAT(ps_lines(report, false, {})[2], testing::EndsWith("trim 64 MiB, offload"));
}

TEST(PsLines, SayWhatWasTaken) {
  EXPECT_THAT(ps_lines(pressed_report(), false, {})[2], HasSubstr("offloaded to cpu"));
}

TEST(PsLines, NoTenantsIsSaid) {
  EXPECT_EQ(ps_lines(StatusReport{}, false, {}), Lines{"no tenants"});
}

TEST(PsLines, FitIntoANarrowTerminal) {
  StatusReport report = calm_report();
  report.tenants[0].id = {"a-tenant-with-quite-a-long-name-for-a-model"};
  for (const auto& line : ps_lines(report, false, {.width = 80}))
    EXPECT_LE(columns(line), 80) << line;
}

}  // namespace
}  // namespace spillway
