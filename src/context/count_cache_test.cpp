#include "context/count_cache.h"

#include <gtest/gtest.h>

namespace spillway::context {
namespace {

TEST(CountCache, KeepsWhatEachServerSaid) {
  CountCache cache;
  cache.add("a", "text", 7);
  EXPECT_EQ(cache.find("a", "text"), 7U);
  EXPECT_EQ(cache.find("b", "text"), std::nullopt);
  EXPECT_EQ(cache.find("a", "texts"), std::nullopt);
}

TEST(CountCache, IsBoundedAndKeepsWhatIsUsed) {
  CountCache cache;
  cache.add("a", "used", 1);
  for (std::uint64_t i = 0; i < 1'000'000; ++i) {
    cache.add("a", std::to_string(i), i);
    if (i % 50'000 == 0) {
      EXPECT_EQ(cache.find("a", "used"), 1U) << i;
    }
  }
  EXPECT_EQ(cache.find("a", "999999"), 999'999U);
  EXPECT_EQ(cache.find("a", "0"), std::nullopt);
}

}  // namespace
}  // namespace spillway::context
