#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "act/action.h"
#include "base/clock.h"
#include "tests/support/child.h"

namespace spillway::support {

/// Can everything, holds something, and its process has ended.
inline Tenant vanished_tenant() {
  Child child([] {});
  const pid_t pid = child.pid();
  child.reap();
  Tenant tenant;
  tenant.id = {"ghost"};
  tenant.stop_allowed = true;
  tenant.uid = getuid();
  tenant.process = ProcessKey{pid, 1};
  tenant.cgroup = "/no/such/group";
  tenant.abilities = {true, true, true, true, true, true};
  tenant.variants = {{"fp16", {{kRam, 2_GiB}}}, {"int8", {{kRam, 1_GiB}}}, {"disk", {}}};
  tenant.variant = "fp16";
  tenant.holds = {{kRam, 2_GiB}};
  tenant.trimmable = 100_MiB;
  return tenant;
}

inline std::vector<Offer> offers_of(const Action& action, const Tenant& tenant) {
  std::vector<Reading> readings;
  readings.push_back(PoolReading{.pool = kRam, .used = 9_GiB, .total = 10_GiB});
  readings.push_back(PoolReading{.pool = kSwap, .used = 0_B, .total = 4_GiB});
  std::vector<Offer> out;
  action.offers(make_snapshot(TimePoint(1h), {}, std::move(readings), {}), tenant, out);
  return out;
}

/// A vanished target: every step in both directions ends before its deadline and says how.
inline void expect_steps_to_end(Action& action, const Tenant& tenant) {
  const SystemClock clock;
  for (const Direction direction : {Direction::give, Direction::restore}) {
    for (const Rung rung : kRungs) {
      const Step step{.id = 7,
                      .direction = direction,
                      .rung = rung,
                      .action = std::string(action.name()),
                      .tenant = tenant.id,
                      .pool = kRam,
                      .target = 1_GiB};
      const TimePoint deadline = clock.now() + 5s;
      const Outcome outcome = action.run(step, tenant, deadline);
      EXPECT_LT(clock.now(), deadline) << name(rung);
      EXPECT_EQ(outcome.step, 7u);
      EXPECT_TRUE(outcome.status == StepStatus::done || !outcome.error.empty()) << name(rung);
      EXPECT_TRUE(outcome.measured.empty()) << "measuring is the engine's";
    }
  }
}

/// What every action must do, whatever it does: each action's test calls this once. `asks_pinned`
/// is for what takes nothing away.
inline void expect_action_contract(Action& action, bool asks_pinned = false) {
  EXPECT_FALSE(action.name().empty());
  const Capability capability = action.capability();
  EXPECT_EQ(capability.name, action.name());
  EXPECT_TRUE(capability.available || !capability.reason.empty());

  Tenant tenant = vanished_tenant();
  const auto first = offers_of(action, tenant);
  const auto second = offers_of(action, tenant);
  ASSERT_EQ(first.size(), second.size()) << "the same question has the same answer";
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i].action, action.name());
    EXPECT_EQ(first[i].tenant, tenant.id);
    EXPECT_GE(first[i].cost_give, Duration::zero());
    EXPECT_EQ(first[i].rung, second[i].rung);
    EXPECT_EQ(first[i].detail, second[i].detail);
    EXPECT_EQ(first[i].changes.size(), second[i].changes.size());
  }
  expect_steps_to_end(action, tenant);

  tenant.pinned = true;
  EXPECT_TRUE(asks_pinned || offers_of(action, tenant).empty());
  Tenant blank;
  blank.id = {"blank"};
  EXPECT_TRUE(offers_of(action, blank).empty()) << "it declared nothing";
}

}  // namespace spillway::support
