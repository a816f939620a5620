#include "plan/machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fit/choose/stack_file.h"
#include "render/reports_test.h"

namespace spillway {
namespace {

using testing::ElementsAre;

StatusReport with_card() {
  StatusReport report = calm_report();
  PoolStatus card;
  card.assessment.pool = {"vram:GPU-1"};
  card.assessment.total = 8_GiB;
  card.assessment.used = 3_GiB;
  card.assessment.free = 4_GiB;  // 1 GiB is the driver's
  report.pools.push_back(card);
  return report;
}

TEST(PlanMachine, StartsFromWhatIsFreeNow) {
  const fit::Machine machine = machine_of(with_card());
  ASSERT_EQ(machine.gpus.size(), 1U);
  EXPECT_EQ(machine.gpus[0].name, "vram");
  EXPECT_EQ(machine.gpus[0].total, 8_GiB);
  EXPECT_EQ(machine.gpus[0].used, 4_GiB);
  EXPECT_EQ(machine.ram.total, 16_GiB);
  EXPECT_EQ(machine.ram.used, 2_GiB);
  EXPECT_FALSE(machine.ram.assumed);
  EXPECT_FALSE(machine.zram);
}

TEST(PlanMachine, KnowsWhatTheTenantsCouldGiveBack) {
  StatusReport report = with_card();
  fit::Machine machine = machine_of(report);
  EXPECT_EQ(machine.gpus[0].yields, 1.5_GiB);  // stt may be offloaded
  EXPECT_THAT(machine.gpus[0].holders, ElementsAre("stt"));
  EXPECT_EQ(machine.ram.yields, 200_MiB);  // llm is pinned, and busy
  for (Tenant& tenant : report.tenants) tenant.busy = true;
  machine = machine_of(report);
  EXPECT_EQ(machine.gpus[0].yields, 0_B);
  EXPECT_TRUE(machine.gpus[0].holders.empty());
}

TEST(PlanMachine, ATrimGivesNoMoreThanItSays) {
  StatusReport report = with_card();
  report.tenants[1].abilities = {.trim = true};
  EXPECT_EQ(machine_of(report).gpus[0].yields, 64_MiB);
}

TEST(PlanMachine, WhatCannotBeReadIsNotFree) {
  StatusReport report = with_card();
  PoolAssessment& card = report.pools.back().assessment;
  card.used.reset();
  card.free.reset();
  EXPECT_TRUE(machine_of(report).gpus[0].assumed);
  card.total.reset();
  card.unknown_since = 3s;
  EXPECT_TRUE(machine_of(report).gpus.empty());
}

TEST(PlanMachine, ACardThatIsOnlyTalkedAboutIsEmpty) {
  fit::Machine machine = machine_of(with_card());
  fit::say(machine, {.gpus = {4_GiB, 2_GiB}, .ram = 8_GiB});
  ASSERT_EQ(machine.gpus.size(), 2U);
  EXPECT_EQ(machine.gpus[1].name, "vram:1");
  EXPECT_EQ(machine.gpus[0].used, 0_B);
  EXPECT_EQ(machine.ram.used, 2_GiB);
  EXPECT_TRUE(machine.ram.assumed);
  fit::say(machine, {.os = 1_GiB});
  EXPECT_EQ(machine.ram.used, 1_GiB);
  EXPECT_FALSE(machine.ram.assumed);
}

}  // namespace
}  // namespace spillway
