#include "act/refuse.h"

#include <gtest/gtest.h>

#include "tests/support/action_suite.h"

namespace spillway {
namespace {

TEST(Refuse, StepRefusesItsPoolAndRestoreLiftsIt) {
  const auto refusals = std::make_shared<Refusals>();
  RefuseAction action(refusals);
  Step step{.id = 1, .rung = Rung::refuse, .pool = kRam};
  EXPECT_EQ(action.run(step, {}, {}).status, StepStatus::done);
  EXPECT_TRUE(refusals->refused(kRam));
  EXPECT_FALSE(refusals->refused(kSwap));
  step.direction = Direction::restore;
  EXPECT_EQ(action.run(step, {}, {}).status, StepStatus::done);
  EXPECT_FALSE(refusals->refused(kRam));
}

TEST(Refuse, KeepsTheContractOfAllActions) {
  RefuseAction action(std::make_shared<Refusals>());
  support::expect_action_contract(action);
}

}  // namespace
}  // namespace spillway
