#include "context/policy_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spillway {
namespace {

TEST(ContextPolicyFile, SaysWhatIsToBeDoneOtherwise) {
  std::vector<Error> errors;
  const auto policy = parse_policy(R"(
high = 0.8
low = 0.4
clear_at_least = 2000
exclude = ["memory_*"]
keep_results = [5, 2]
keep_turns = [10, 8, 3]
output_caps = [900]
notices = true
recall = "query_memory(\"{id}\") finds it"
)",
                                   "p.toml", errors);
  EXPECT_TRUE(errors.empty());
  EXPECT_EQ(policy.high, 0.8);
  EXPECT_EQ(policy.low, 0.4);
  EXPECT_EQ(policy.clear_at_least, 2000U);
  EXPECT_THAT(policy.exclude, testing::ElementsAre("memory_*"));
  ASSERT_EQ(policy.steps.size(), 3U);
  EXPECT_EQ(policy.steps[2].keep_results, 2U);
  EXPECT_EQ(policy.steps[2].keep_turns, 3U);
  EXPECT_THAT(policy.output_caps, testing::ElementsAre(900U));
  EXPECT_TRUE(policy.notices);
}

TEST(ContextPolicyFile, TellsWhatIsWrong) {
  for (const char* text :
       {"high = 2", "high = \"x\"", "low = 0.95", "keep_results = [1, 2]", "hig = 0.8",
        "keep_turns = [0]", "clear_at_least = -1", "= 1", "output_caps = [1.5]"}) {
    std::vector<Error> errors;
    parse_policy(text, "p.toml", errors);
    ASSERT_FALSE(errors.empty()) << text;
    EXPECT_THAT(errors.front().where, testing::StartsWith("p.toml")) << text;
  }
}

}  // namespace
}  // namespace spillway
