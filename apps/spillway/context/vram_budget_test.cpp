#include "context/vram_budget.h"

#include <gtest/gtest.h>

#include "tests/support/published_configs.h"
#include "tests/support/temp_dir.h"

namespace spillway {
namespace {

class VramBudget : public testing::Test {
 protected:
  std::uint64_t window(fit::Attention attention, Bytes vram) const {
    fit::Use use;
    use.attention = attention;
    const auto tokens = window_in_vram(dir / "qwen", use, vram, 0.9);
    EXPECT_TRUE(tokens) << to_string(tokens.error());
    return tokens.value_or(0);
  }

  support::TempDir dir;
  std::string file =
      dir.write("qwen/config.json", std::string(support::published_configs().front().text));
};

TEST_F(VramBudget, EagerAttentionGrowsWithTheSquareAndFusedDoesNot) {
  const auto eager = window(fit::Attention::eager, 14.74_GiB);
  EXPECT_GE(eager, 4000U);  // measured: it died between 6,000 and 10,500 tokens
  EXPECT_LE(eager, 7500U);
  EXPECT_EQ(window(fit::Attention::flash, 14.74_GiB), 32'768U);  // what it was trained for
  const auto half_more = window(fit::Attention::eager, 24_GiB);
  EXPECT_GT(half_more, eager);
  EXPECT_LT(half_more, 2 * eager);
}

TEST_F(VramBudget, AModelThatDoesNotFitIsRefused) {
  const auto tokens = window_in_vram(dir / "qwen", {}, 4_GiB, 0.9);
  ASSERT_FALSE(tokens);
  EXPECT_EQ(tokens.error().code, Errc::refused);
  EXPECT_FALSE(window_in_vram(dir / "nothing", {}, 4_GiB, 0.9));
}

}  // namespace
}  // namespace spillway
