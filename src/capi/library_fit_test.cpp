// fit.hpp as a program sees it: through libspillway-fit.so and a model's own headers.

#include <gtest/gtest.h>

#include <clocale>
#include <spillway/fit.hpp>
#include <string>

#include "tests/support/temp_dir.h"

namespace {

using namespace spillway::literals;
using spillway::FitMachine;
using spillway::FitModel;
using spillway::Verdict;

/// Qwen2.5-3B as it is published (tied embeddings).
constexpr const char* kQwen = R"({"architectures":["Qwen2ForCausalLM"],"model_type":"qwen2",
"hidden_size":2048,"num_hidden_layers":36,"num_attention_heads":16,"num_key_value_heads":2,
"intermediate_size":11008,"vocab_size":151936,"max_position_embeddings":32768,
"tie_word_embeddings":true,"torch_dtype":"bfloat16","use_sliding_window":false})";

class LibraryFitTest : public testing::Test {
 protected:
  LibraryFitTest() { directory_.write("qwen/config.json", kQwen); }

  const spillway::support::TempDir directory_;
  const std::string qwen_ = directory_ / "qwen";
};

TEST_F(LibraryFitTest, SaysWhatAModelNeeds) {
  const auto footprint = spillway::footprint(qwen_, "context=4096");
  EXPECT_EQ(footprint.weights.likely, spillway::Bytes(6'171'877'376));
  EXPECT_EQ(footprint.weights.low, footprint.weights.high);
  EXPECT_EQ(footprint.kv.likely, spillway::Bytes(150'994'944));
  EXPECT_GT(footprint.peak.likely, footprint.weights.likely + footprint.kv.likely);
  EXPECT_GE(footprint.peak.high, footprint.peak.likely);
  EXPECT_EQ(footprint.ram_weights.likely, 0_B);
  const auto on_cpu = spillway::footprint(qwen_, "on_cpu=true");
  EXPECT_EQ(on_cpu.peak.high, 0_B);
  EXPECT_EQ(on_cpu.ram_weights.likely, footprint.weights.likely);
}

TEST_F(LibraryFitTest, ErrorsHaveTheWords) {
  const auto message = [](auto&& call) -> std::string {
    try {
      call();
    } catch (const spillway::Error& error) {
      return error.what();
    }
    return {};
  };
  EXPECT_NE(message([&] { (void)spillway::footprint(directory_ / "none.gguf"); }).find("none.gguf"),
            std::string::npos);
  EXPECT_NE(message([&] { (void)spillway::footprint(qwen_, "contxt=1"); }).find("contxt"),
            std::string::npos);
  EXPECT_NE(message([&] { (void)spillway::footprint(qwen_, "context"); }).find("name=value"),
            std::string::npos);
  EXPECT_NE(message([&] { (void)spillway::fit("[machine]\nram = ??"); }).find("stack:2"),
            std::string::npos);
}

TEST_F(LibraryFitTest, FitsAsItIsOnALargeCard) {
  const auto plan = spillway::fit({{.name = "llm", .model = qwen_, .options = "context=4096"}},
                                  FitMachine{.gpus = {24_GiB}, .ram = 32_GiB});
  EXPECT_EQ(plan.verdict, Verdict::fits);
  EXPECT_TRUE(plan.changes.empty());
  ASSERT_EQ(plan.models.size(), 1u);
  EXPECT_EQ(plan.models[0].gpu, 0u);
  EXPECT_GT(plan.models[0].max_safe_context.value_or(0), 4096u);
  EXPECT_NE(plan.json.find("\"spillway.plan/1\""), std::string::npos);
}

TEST_F(LibraryFitTest, NamesTheChangesThatMakeItFit) {
  const auto plan =
      spillway::fit({{.name = "llm", .model = qwen_, .options = "context=16384 attention=eager"}},
                    FitMachine{.gpus = {12_GiB}, .ram = 32_GiB});
  EXPECT_EQ(plan.verdict, Verdict::fits_with_changes);
  ASSERT_FALSE(plan.changes.empty());
  EXPECT_EQ(plan.changes[0].model, "llm");
  EXPECT_FALSE(plan.changes[0].kind.empty());
  EXPECT_GT(plan.changes[0].saves, 0_B);
}

TEST_F(LibraryFitTest, SaysWhenNothingHelps) {
  const auto plan =
      spillway::fit({{.name = "llm", .model = qwen_}}, FitMachine{.gpus = {2_GiB}, .ram = 4_GiB});
  EXPECT_EQ(plan.verdict, Verdict::does_not_fit);
}

TEST_F(LibraryFitTest, NamesOfAnyKindAndForeignLocalesAreFine) {
  const char* before = std::setlocale(LC_NUMERIC, nullptr);
  const std::string kept = before != nullptr ? before : "C";
  std::setlocale(LC_NUMERIC, "de_DE.UTF-8");  // where there is none the names are still strange
  const std::string strange = "a \"quoted\" \\ name\nwith \x01 lines";
  const auto plan = spillway::fit({{.name = strange, .model = qwen_}},
                                  FitMachine{.gpus = {24_GiB}, .ram = 32_GiB, .threshold = 0.75});
  std::setlocale(LC_NUMERIC, kept.c_str());
  EXPECT_EQ(plan.models.at(0).name, strange);
}

}  // namespace
