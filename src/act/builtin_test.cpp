#include "act/builtin.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace spillway {
namespace {

TEST(Builtin, EveryActionHasANameOfItsOwnAndTellsWhetherItWorks) {
  std::set<std::string> names;
  for (const auto& action : make_builtin_actions({})) {
    EXPECT_TRUE(names.emplace(action->name()).second) << action->name();
    const Capability capability = action->capability();
    EXPECT_FALSE(capability.reason.empty()) << capability.name;
  }
  EXPECT_EQ(names, (std::set<std::string>{"notify", "trim", "unload_idle", "shrink", "reclaim",
                                          "offload", "freeze", "preserve", "refuse", "stop"}));
}

}  // namespace
}  // namespace spillway
