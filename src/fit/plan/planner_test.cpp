#include "fit/plan/planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "fit/choose/made_by_hand_test.h"
#include "tests/support/gguf_models.h"
#include "tests/support/temp_dir.h"

namespace spillway::fit {
namespace {

using testing::HasSubstr;

/// The published figures of Qwen2.5-3B.
constexpr const char* kQwen = R"({
  "architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "torch_dtype": "bfloat16",
  "hidden_size": 2048, "intermediate_size": 11008, "num_hidden_layers": 36,
  "num_attention_heads": 16, "num_key_value_heads": 2, "vocab_size": 151936,
  "max_position_embeddings": 32768, "tie_word_embeddings": true})";

class Planner : public testing::Test {
 protected:
  Result<FitPlan> plan(const std::string& path, Bytes vram, const Use& use = {}) const {
    PlanRequest request;
    request.machine.ram.total = 64_GiB;
    if (vram.count > 0) {
      request.machine.gpus.emplace_back();
      request.machine.gpus[0].name = "vram";
      request.machine.gpus[0].total = vram;
      request.machine.gpus[0].device = "vram:GPU-1";
    }
    request.limits = limits;
    request.corrections = corrections;
    request.possible = possible;
    ComponentAsked& asked = request.components.emplace_back();
    asked.component.name = "m";
    asked.component.variants.emplace_back();
    asked.model = ModelAsked{path, {}, {}, use};
    return make_plan(request, {});
  }

  support::TempDir dir;
  std::string qwen = (dir.write("qwen/config.json", kQwen), dir / "qwen");
  Limits limits;
  Corrections corrections;
  std::function<bool(ChangeKind)> possible;
};

TEST_F(Planner, AModelThatFitsIsPlannedAsAsked) {
  const auto made = plan(qwen, 24_GiB);
  ASSERT_TRUE(made) << to_string(made.error());
  const PlannedModel& model = made->report.models[0];
  EXPECT_EQ(made->report.answer.verdict, Verdict::fits);
  EXPECT_EQ(model.asked.sum(Where::vram, PartKind::weights).likely.count, 6'171'877'376);
  EXPECT_THAT(model.description, HasSubstr("3.09 B parameters"));
  ASSERT_TRUE(model.max_safe_context);
  EXPECT_GT(*model.max_safe_context, 4096U);
}

TEST_F(Planner, TheLargestSafeContextIsJustSafe) {
  const auto made = plan(qwen, 14.74_GiB, {.attention = Attention::eager});
  ASSERT_TRUE(made);
  const std::uint64_t most = *made->report.models[0].max_safe_context;
  const auto at = [&](std::uint64_t context) {
    return plan(qwen, 14.74_GiB, {.context = context, .attention = Attention::eager})
        ->report.answer.asked[0]
        .level;
  };
  EXPECT_EQ(at(most), Reached::safe);
  EXPECT_NE(at(most + 64), Reached::safe);
}

TEST_F(Planner, OnlyWhatIsPossibleIsProposed) {
  const auto changes = [&] {
    const auto made = plan(qwen, 14.74_GiB, {.context = 8192, .attention = Attention::eager});
    return made->report.answer.changes;
  };
  ASSERT_EQ(changes().size(), 1U);
  EXPECT_EQ(changes()[0].change.kind, ChangeKind::smaller_context);
  possible = [](ChangeKind kind) { return kind == ChangeKind::fused_attention; };
  ASSERT_EQ(changes().size(), 1U);
  EXPECT_EQ(changes()[0].change.kind, ChangeKind::fused_attention);
  possible = [](ChangeKind) { return false; };
  EXPECT_TRUE(changes().empty());
}

TEST_F(Planner, WhatARunHasTaughtIsFollowed) {
  const auto before = plan(qwen, 24_GiB);
  ASSERT_TRUE(before);
  const ModelToPlan& model = before->models[0];
  const Bytes peak = before->report.answer.asked[0].peak.likely + 4_GiB;
  corrections.add(lesson_of(model.shape, model.use, "vram:GPU-1", peak, {}).value());
  const auto after = plan(qwen, 24_GiB);
  ASSERT_TRUE(after);
  const PlannedModel& planned = after->report.models[0];
  ASSERT_TRUE(planned.lesson);
  EXPECT_THAT(planned.notes.back(), HasSubstr("corrected by the run of 1970-01-01"));
  EXPECT_NEAR(after->report.answer.asked[0].peak_share, ratio(peak, 24_GiB), 1e-6);
  EXPECT_LT(*planned.max_safe_context, *before->report.models[0].max_safe_context);
  EXPECT_TRUE(std::any_of(planned.asked.parts.begin(), planned.asked.parts.end(),
                          [](const Part& part) { return part.origin == Origin::calibrated; }));
  EXPECT_EQ(after->needs.size(), 1U);
}

/// An agent's history grows until the card is full: attention's kind decides when.
TEST_F(Planner, AnAgentsHistoryDiesMuchEarlierWithEagerAttention) {
  limits.safe = 1.0;
  const auto most = [&](Attention attention) {
    return *plan(qwen, 14.74_GiB, {.attention = attention})->report.models[0].max_safe_context;
  };
  const std::uint64_t eager = most(Attention::eager), fused = most(Attention::flash);
  EXPECT_GT(eager, 4096U);
  EXPECT_LT(eager, 12'000U);  // measured: 8,192 tokens take 17.7 GB, 4,096 take 9.3
  EXPECT_GT(fused, 16'384U);
}

TEST_F(Planner, WhatDoesNotFitIsGivenTheCheapestWay) {
  const auto made = plan(qwen, 14.74_GiB, {.context = 8192, .attention = Attention::eager});
  ASSERT_TRUE(made);
  EXPECT_EQ(made->report.answer.verdict, Verdict::fits_with_changes);
  ASSERT_FALSE(made->report.answer.changes.empty());
  EXPECT_EQ(made->report.answer.changes[0].change.kind, ChangeKind::smaller_context);
  EXPECT_LT(made->uses[0].context, 8192U);
  bool fused = false;
  for (const auto& other : made->report.answer.alternatives) {
    fused = fused || other.change.kind == ChangeKind::fused_attention;
  }
  EXPECT_TRUE(fused);
}

/// Two of a family and a stranger in one folder.
TEST_F(Planner, ASmallerModelOfTheFamilyIsFoundBesideIt) {
  support::gguf_model({.type = 12, .output_type = 14}).write(dir / "8b.gguf");
  support::gguf_model({.layers = 16, .embedding = 2048, .feed_forward = 8192, .type = 12})
      .write(dir / "1b.gguf");
  support::gguf_model({.architecture = "qwen3", .layers = 8, .type = 12})
      .write(dir / "stranger.gguf");
  dir.write("broken.gguf", "GGUF");
  const auto made = plan(dir / "8b.gguf", 4_GiB);
  ASSERT_TRUE(made) << to_string(made.error());
  std::vector<std::string> smaller;
  for (const auto& variant : made->models[0].smaller) smaller.push_back(variant.name);
  EXPECT_THAT(smaller, testing::ElementsAre(HasSubstr("1b")));
  bool offered = false;
  for (const auto& other : made->report.answer.alternatives) {
    offered = offered || other.change.kind == ChangeKind::smaller_model;
  }
  EXPECT_TRUE(offered);
}

TEST_F(Planner, ACacheIsExactToTheByte) {
  support::gguf_model({.type = 12, .output_type = 14}).write(dir / "8b.gguf");
  const auto made = plan(dir / "8b.gguf", 24_GiB, {.context = 8192});
  ASSERT_TRUE(made);
  EXPECT_EQ(made->report.models[0].asked.sum(Where::vram, PartKind::kv), exactly(1_GiB));
}

TEST_F(Planner, WithoutAGpuItIsPlannedForTheCpu) {
  const auto made = plan(qwen, 0_B);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->report.models[0].where(), Where::ram);
  EXPECT_EQ(made->report.answer.verdict, Verdict::fits);
}

TEST_F(Planner, AModelThatCannotBeReadIsAnErrorWithItsName) {
  const auto made = plan(dir / "none.gguf", 8_GiB);
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().what, testing::StartsWith("m: "));
}

TEST_F(Planner, SaysWhichGpusThereAreWhenOneIsAskedForThatIsNot) {
  PlanRequest request;
  request.machine.gpus.resize(2);
  request.components.emplace_back().component.name = "m";
  request.components[0].component.gpu = 2;
  const auto made = make_plan(request, {});
  ASSERT_FALSE(made);
  EXPECT_THAT(to_string(made.error()), HasSubstr("there is no GPU 2"));
  EXPECT_THAT(to_string(made.error()), HasSubstr("GPUs 0 to 1 can be seen"));
}

}  // namespace
}  // namespace spillway::fit
