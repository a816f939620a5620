#include "base/nearest.h"

#include <gtest/gtest.h>

namespace spillway {
namespace {

TEST(NearestName, IsTheOneWithTheFewestDifferences) {
  const std::vector<std::string> names{"levels.margin", "ladder.settle", "ladder.quarantine"};
  EXPECT_EQ(nearest_name("ladder.setle", names), "ladder.settle");
  EXPECT_EQ(nearest_name("levels.margins", names), "levels.margin");
  EXPECT_EQ(nearest_name("something.else.entirely", names), "");
  EXPECT_EQ(nearest_name("x", {}), "");
  EXPECT_EQ(nearest_name(std::string(100'000, 'x'), names), "");
}

}  // namespace
}  // namespace spillway
