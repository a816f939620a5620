#include <gtest/gtest.h>

#include <set>

#include "base/text.h"
#include "model/assessment.h"
#include "model/level.h"
#include "model/plan.h"
#include "model/policy.h"
#include "model/rung.h"
#include "model/tenant.h"

namespace spillway {
namespace {

TEST(Level, NamesAreReadBack) {
  for (const Level level : kLevels) EXPECT_EQ(parse_level(name(level)), level);
  EXPECT_EQ(parse_level("Critical"), std::nullopt);
  EXPECT_EQ(parse_level(""), std::nullopt);
}

TEST(Level, AHigherLevelIsGreater) {
  for (std::size_t i = 1; i < kLevels.size(); ++i) EXPECT_GT(kLevels[i], kLevels[i - 1]);
}

TEST(Rung, NamesAreReadBack) {
  for (const Rung rung : kRungs) EXPECT_EQ(parse_rung(name(rung)), rung);
  EXPECT_EQ(parse_rung("kill"), std::nullopt);
}

TEST(Rung, CostsThePersonMoreTheHigherItIs) {
  for (std::size_t i = 1; i < kRungs.size(); ++i) EXPECT_GT(kRungs[i], kRungs[i - 1]);
  EXPECT_EQ(kRungs.front(), Rung::notify);
  EXPECT_EQ(kRungs.back(), Rung::stop);
}

TEST(Names, OfEveryEnumAreDistinct) {
  std::set<std::string_view> causes, shapes, statuses;
  for (int i = 0; i <= static_cast<int>(Cause::held); ++i)
    causes.insert(name(static_cast<Cause>(i)));
  for (int i = 0; i <= static_cast<int>(Shape::burst); ++i)
    shapes.insert(name(static_cast<Shape>(i)));
  for (int i = 0; i <= static_cast<int>(StepStatus::dry_run); ++i) {
    statuses.insert(name(static_cast<StepStatus>(i)));
  }
  EXPECT_EQ(causes.size(), 6);
  EXPECT_EQ(shapes.size(), 4);
  EXPECT_EQ(statuses.size(), 5);
}

TEST(PoolId, ItsKindIsTheWordBeforeTheColon) {
  EXPECT_EQ(kRam.kind(), PoolKind::ram);
  EXPECT_EQ(kSwap.kind(), PoolKind::swap);
  EXPECT_EQ(kZram.kind(), PoolKind::zram);
  EXPECT_EQ(PoolId{"vram:GPU-1:2"}.kind(), PoolKind::vram);
  EXPECT_EQ(PoolId{"cgroup:/a"}.kind(), PoolKind::cgroup);
  EXPECT_EQ(PoolId{"context:c1"}.kind(), PoolKind::context);
  EXPECT_EQ(PoolId{"injected:budget"}.kind(), PoolKind::injected);
  EXPECT_EQ(PoolId{"ramdisk"}.kind(), PoolKind::injected);
  EXPECT_EQ(PoolId{""}.kind(), PoolKind::injected);
}

TEST(PoolKind, NamesAreTheWordsOfPoolIds) {
  for (const PoolKind kind : {PoolKind::vram, PoolKind::ram, PoolKind::swap, PoolKind::zram,
                              PoolKind::cgroup, PoolKind::context, PoolKind::injected}) {
    EXPECT_EQ(PoolId{std::string(name(kind)) + ":x"}.kind(), kind);
  }
}

TEST(Tenant, HoldsTheSumOfItsPartsInAPool) {
  Tenant tenant;
  tenant.holds = {{kRam, 1_GiB}, {{"vram:a"}, 2_GiB}, {kRam, 512_MiB}};
  EXPECT_EQ(tenant.held_in(kRam), 1536_MiB);
  EXPECT_EQ(tenant.held_in({"vram:b"}), 0_B);
}

TEST(Assessment, FindsPoolsByName) {
  Assessment assessment;
  for (const char* pool : {"cgroup:/a", "ram", "vram:a"}) {
    assessment.pools.emplace_back().pool = PoolId{pool};
  }
  ASSERT_NE(assessment.find(kRam), nullptr);
  EXPECT_EQ(assessment.find(kRam)->pool, kRam);
  EXPECT_EQ(assessment.find(kSwap), nullptr);
  EXPECT_EQ(assessment.find({"zzz"}), nullptr);
}

TEST(Policy, TheFirstMatchingPatternWinsElseTheDefaults) {
  Policy policy;
  PoolPolicy exact, star;
  exact.margin = 0.05;
  star.margin = 0.03;
  policy.pools = {{"vram:GPU-1", exact}, {"vram:*", star}};
  EXPECT_DOUBLE_EQ(policy.of({"vram:GPU-1"}).margin, 0.05);
  EXPECT_DOUBLE_EQ(policy.of({"vram:GPU-2"}).margin, 0.03);
  EXPECT_DOUBLE_EQ(policy.of(kRam).margin, policy.defaults.margin);
}

TEST(Policy, DefaultLevelsRiseAndEachEndsBelowItsBeginning) {
  const PoolPolicy policy;
  double below = 0;
  for (const Level level : {Level::warning, Level::critical, Level::emergency, Level::shutdown}) {
    const LevelRule& rule = policy.at(level);
    EXPECT_LT(rule.exit, rule.enter) << name(level);
    EXPECT_GT(rule.enter, below) << name(level);
    below = rule.enter;
  }
  EXPECT_LT(policy.restore_below, policy.at(Level::warning).exit - policy.margin);
}

TEST(Policy, StopIsOffUnlessOptedIn) {
  EXPECT_FALSE(Policy{}.ladder.allow_stop);
  EXPECT_FALSE(Tenant{}.stop_allowed);
}

TEST(Policy, SwapFillsMoreSlowlyThanRam) {
  EXPECT_DOUBLE_EQ(Policy{}.of(kSwap).worst_rate, 0.8e9);
  EXPECT_DOUBLE_EQ(Policy{}.of(kRam).worst_rate, 6e9);
}

}  // namespace
}  // namespace spillway
