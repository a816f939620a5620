#include "engine/aftermath.h"

#include <gtest/gtest.h>

namespace spillway {
namespace {

const PoolId kGpu{"vram:GPU-1"};
const TimePoint kNow{1h};

Tenant model() {
  Tenant tenant;
  tenant.id = {"llm"};
  tenant.variants = {
      {"fp16", {{kGpu, 8_GiB}}}, {"int8", {{kGpu, 4_GiB}}}, {"cpu", {{kRam, 4_GiB}}}};
  tenant.variant = "fp16";
  tenant.holds = {{kGpu, 8_GiB}};
  return tenant;
}

Step give(Rung rung) { return {.id = 1, .rung = rung, .action = "offload"}; }
Step back(Rung rung) {
  return {.id = 2, .direction = Direction::restore, .rung = rung, .action = "offload"};
}
Outcome done(std::vector<PoolChange> claimed, std::string detail = {}) {
  return {.claimed = std::move(claimed), .detail = std::move(detail)};
}

std::string text(const std::vector<PoolChange>& changes) {
  std::string line;
  for (const auto& [pool, delta] : changes) line += pool.text + " " + to_string(delta) + " ";
  return line;
}

TEST(Aftermath, MoveToAVariantIsThatVariantsHoldings) {
  Tenant tenant = model();
  apply_outcome(tenant, give(Rung::offload), done({{kGpu, -8_GiB}, {kRam, 4_GiB}}, "cpu"), kNow);
  EXPECT_EQ(tenant.variant, "cpu");
  EXPECT_EQ(text(tenant.holds), "ram 4 GiB ");
  ASSERT_EQ(tenant.taken.size(), 1u);
  EXPECT_EQ(tenant.taken[0].detail, "cpu");
  EXPECT_EQ(tenant.taken[0].since, kNow);
  EXPECT_EQ(text(tenant.taken[0].changes), "vram:GPU-1 -8 GiB ram 4 GiB ");

  apply_outcome(tenant, back(Rung::offload), done({}, "fp16"), kNow);
  EXPECT_EQ(tenant.variant, "fp16");
  EXPECT_EQ(text(tenant.holds), "vram:GPU-1 8 GiB ");
  EXPECT_TRUE(tenant.taken.empty());
}

TEST(Aftermath, MoveToAPlaceChangesTheHoldingsByTheClaim) {
  Tenant tenant = model();
  tenant.variants.clear();
  apply_outcome(tenant, give(Rung::offload), done({{kGpu, -6_GiB}, {kRam, 6_GiB}}, "cpu"), kNow);
  EXPECT_EQ(text(tenant.holds), "ram 6 GiB vram:GPU-1 2 GiB ");
  apply_outcome(tenant, back(Rung::offload), done({}), kNow);
  EXPECT_EQ(text(tenant.holds), "vram:GPU-1 8 GiB ");
}

TEST(Aftermath, NobodyGivesMoreThanItHolds) {
  Tenant tenant = model();
  tenant.variants.clear();
  apply_outcome(tenant, give(Rung::offload), done({{kGpu, -900_GiB}}), kNow);
  EXPECT_EQ(text(tenant.taken.at(0).changes), "vram:GPU-1 -8 GiB ");
  EXPECT_TRUE(tenant.holds.empty());
}

TEST(Aftermath, WithoutAClaimTheMeasurementCounts) {
  Tenant tenant = model();
  tenant.variants.clear();
  Outcome outcome = done({});
  outcome.measured = {{kGpu, -3_GiB}};
  apply_outcome(tenant, give(Rung::unload_idle), outcome, kNow);
  EXPECT_EQ(text(tenant.taken.at(0).changes), "vram:GPU-1 -3 GiB ");
}

TEST(Aftermath, TwoShrinksComeBackInReverse) {
  Tenant tenant = model();
  tenant.variants = {{"a", {{kGpu, 3_GiB}}}, {"b", {{kGpu, 2_GiB}}}, {"c", {{kGpu, 1_GiB}}}};
  tenant.variant = "a";
  apply_outcome(tenant, give(Rung::shrink), done({{kGpu, -1_GiB}}, "b"), kNow);
  apply_outcome(tenant, give(Rung::shrink), done({{kGpu, -1_GiB}}, "c"), kNow);
  apply_outcome(tenant, back(Rung::shrink), done({{kGpu, 1_GiB}}, "b"), kNow);
  EXPECT_EQ(tenant.variant, "b");
  ASSERT_EQ(tenant.taken.size(), 1u);
  EXPECT_EQ(tenant.taken[0].detail, "b");
}

TEST(Aftermath, TrimLeavesNothingToGiveBackButLessToTrim) {
  Tenant tenant = model();
  tenant.trimmable = 100_MiB;
  apply_outcome(tenant, give(Rung::trim), done({{kGpu, -30_MiB}}), kNow);
  EXPECT_EQ(tenant.trimmable, 70_MiB);
  apply_outcome(tenant, give(Rung::trim), done({{kGpu, -300_MiB}}), kNow);
  EXPECT_EQ(tenant.trimmable, 0_B);
  tenant.trimmable = 50_MiB;
  apply_outcome(tenant, give(Rung::trim), done({}), kNow);
  EXPECT_EQ(tenant.trimmable, 0_B);
  EXPECT_TRUE(tenant.taken.empty());
  EXPECT_EQ(text(tenant.holds), "vram:GPU-1 8 GiB ");
}

TEST(Aftermath, FreezeTakesNoBytes) {
  Tenant tenant = model();
  apply_outcome(tenant, give(Rung::freeze), done({}, "SIGSTOP"), kNow);
  ASSERT_EQ(tenant.taken.size(), 1u);
  EXPECT_TRUE(tenant.taken[0].changes.empty());
  EXPECT_EQ(tenant.variant, "fp16");
  apply_outcome(tenant, back(Rung::freeze), done({}), kNow);
  EXPECT_TRUE(tenant.taken.empty());
  EXPECT_EQ(text(tenant.holds), "vram:GPU-1 8 GiB ");
}

TEST(Aftermath, WhatWasNotDoneChangesNothing) {
  for (const StepStatus status :
       {StepStatus::failed, StepStatus::timed_out, StepStatus::skipped, StepStatus::dry_run}) {
    Tenant tenant = model();
    Outcome outcome = done({{kGpu, -8_GiB}}, "cpu");
    outcome.status = status;
    apply_outcome(tenant, give(Rung::offload), outcome, kNow);
    EXPECT_TRUE(tenant.taken.empty());
    EXPECT_EQ(tenant.variant, "fp16");
  }
  Tenant tenant = model();
  apply_outcome(tenant, back(Rung::offload), done({{kGpu, 8_GiB}}), kNow);  // nothing was taken
  EXPECT_EQ(text(tenant.holds), "vram:GPU-1 8 GiB ");
}

}  // namespace
}  // namespace spillway
