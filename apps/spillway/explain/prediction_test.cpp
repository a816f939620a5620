#include "explain/prediction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "doctor/testing/explained_test.h"
#include "tests/support/temp_dir.h"

namespace spillway {
namespace {

using doctor::Advice;
using doctor::Predictor;
using testing::HasSubstr;
using testing::Not;

struct PredictionOf : testing::Test {
  support::TempDir dir;
  Prediction prediction{fit::Surroundings{}};

  /// The published figures of Qwen2.5-3B, in 32 bits.
  std::string qwen() {
    dir.write("qwen/config.json", R"({
      "architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "torch_dtype": "float32",
      "hidden_size": 2048, "intermediate_size": 11008, "num_hidden_layers": 36,
      "num_attention_heads": 16, "num_key_value_heads": 2, "vocab_size": 151936,
      "max_position_embeddings": 32768, "tie_word_embeddings": true})");
    return dir / "qwen";
  }
  doctor::Finding explained(const std::string& log) {
    doctor::Explainer explainer(&prediction);
    doctor::LineReader lines("log", std::make_unique<doctor::TextBytes>(log));
    explainer.read(lines);
    auto report = explainer.finish();
    if (report.findings.empty()) throw std::runtime_error("nothing was found");
    return report.findings.front();
  }
  static const Advice* advice(const doctor::Finding& finding, const std::string& words) {
    for (const Advice& each : finding.advice) {
      if (each.what.find(words) != std::string::npos) return &each;
    }
    return nullptr;
  }
  /// The server's words about the model, then what PyTorch said.
  std::string died(const std::string& model, std::int64_t tokens, const std::string& total) {
    return "INFO core.py: Initializing a V1 LLM engine (v0.11.0) with config: model='" + model +
           "', max_seq_len=16384, dtype=float32\n"
           "Token indices sequence length is longer than the specified maximum sequence length for "
           "this model (" +
           std::to_string(tokens) +
           " > 512)\n"
           "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a "
           "total capacity of " +
           total +
           " GiB of which 8.00 MiB is free. Of the allocated memory 14.00 GiB is allocated by "
           "PyTorch, and 10.00 MiB is reserved by PyTorch but unallocated.\n";
  }
};

TEST_F(PredictionOf, AModelThatIsHereTellsWhatWouldHelp) {
  const auto finding = explained(died(qwen(), 16000, "15.00"));
  ASSERT_EQ(finding.cause, doctor::Cause::overload);
  const Advice* half = advice(finding, "fp16");
  ASSERT_NE(half, nullptr);
  EXPECT_EQ(half->source, "fit");
  EXPECT_NEAR(static_cast<double>(half->effect->count), 6.17e9, 0.05e9);  // 3.09 billion x 2 bytes
  const Advice* shorter = advice(finding, "tokens instead of 16384");
  ASSERT_NE(shorter, nullptr);
  EXPECT_GT(shorter->effect, 100_MiB);
  EXPECT_EQ(shorter->source, "fit");
}

TEST_F(PredictionOf, ADeathWellBelowTheLimitHasAnotherCause) {
  const auto early = explained(died(qwen(), 1000, "24.00"));
  ASSERT_TRUE(early.workload.token_limit);
  EXPECT_GT(*early.workload.token_limit, 2000);
  EXPECT_THAT(early.because, HasSubstr("1000 tokens are well below"));
  const auto late = explained(died(qwen(), *early.workload.token_limit, "24.00"));
  EXPECT_THAT(late.because, Not(HasSubstr("well below")));
}

TEST_F(PredictionOf, PrintedFiguresTellWhatTheCacheWouldSave) {
  const auto finding = explained(
      "llama_model_loader: loaded meta data with 34 key-value pairs and 339 tensors from "
      "/nowhere/model.gguf (version GGUF V3 (latest))\n"
      "print_info: n_layer          = 36\n"
      "print_info: n_head_kv        = 8\n"
      "print_info: n_embd_head_k    = 128\n"
      "print_info: n_embd_head_v    = 128\n"
      "llama_context: n_ctx         = 32768\n"
      "ggml_backend_cuda_buffer_type_alloc_buffer: allocating 4608.00 MiB on device 0: cudaMalloc "
      "failed: out of memory\n");
  const Advice* quantised = advice(finding, "q8_0");
  ASSERT_NE(quantised, nullptr);
  // 36 layers x 32768 tokens x 2 x 8 heads x 128 x (2 - 34/32) bytes
  EXPECT_EQ(quantised->effect, 2160_MiB);
  const Advice* shorter = advice(finding, "16384 tokens instead of 32768");
  ASSERT_NE(shorter, nullptr);
  EXPECT_EQ(shorter->effect, 2304_MiB);
}

TEST_F(PredictionOf, NothingIsInventedOfAModelThatNobodyKnows) {
  for (const char* model : {"/nowhere/x.gguf", "org/nobody-has-this", "", "/dev/tty", "\x01'"}) {
    const auto finding = explained(died(model, 100, "15.00"));
    EXPECT_FALSE(finding.workload.token_limit) << model;
    for (const Advice& each : finding.advice) EXPECT_FALSE(each.effect) << model << each.what;
  }
}

TEST_F(PredictionOf, AbsurdFiguresAreRefused) {
  const auto finding = explained(
      "print_info: n_layer          = 9223372036854775807\n"
      "print_info: n_head_kv        = 9223372036854775807\n"
      "print_info: n_embd_head_k    = 9223372036854775807\n"
      "print_info: n_embd_head_v    = 9223372036854775807\n"
      "llama_context: n_ctx         = 9223372036854775807\n"
      "ggml_backend_cuda_buffer_type_alloc_buffer: allocating 4608.00 MiB on device 0: cudaMalloc "
      "failed: out of memory\n");
  for (const Advice& each : finding.advice) EXPECT_FALSE(each.effect) << each.what;
}

}  // namespace
}  // namespace spillway
