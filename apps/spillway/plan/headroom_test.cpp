#include "plan/headroom.h"

#include <gtest/gtest.h>

#include "render/reports_test.h"

namespace spillway {
namespace {

using namespace std::string_view_literals;

StatusReport with_card() {
  StatusReport report = calm_report();
  PoolStatus card;
  card.assessment.pool = {"vram:GPU-1"};
  card.assessment.total = 16_GiB;
  card.assessment.used = 9_GiB;
  report.pools.push_back(card);
  return report;
}

TEST(Headroom, ATenantIsFoundByNameAndByItsProcess) {
  for (const char* subject : {"stt", "4711"}) {
    const auto running = find_running(with_card(), subject);
    ASSERT_TRUE(running) << subject;
    EXPECT_EQ(running->pool.text, "vram:GPU-1");  // not the RAM that it holds, too
    EXPECT_EQ(running->holds, 1.5_GiB);
    EXPECT_EQ(running->used, 9_GiB);
  }
  EXPECT_EQ(find_running(with_card(), "llm")->pool, kRam);
}

TEST(Headroom, AProcessThatIsNoTenantIsFoundByWhatItHolds) {
  StatusReport report = with_card();
  report.owners = {{.key = {77, 1}, .name = "python3", .rss = 3_GiB}};
  EXPECT_EQ(find_running(report, "77")->holds, 3_GiB);
  report.device_uses = {{{"vram:GPU-1"}, 77, 2_GiB, {}}};
  EXPECT_EQ(find_running(report, "77")->holds, 2_GiB);
  EXPECT_EQ(find_running(report, "77")->pool.text, "vram:GPU-1");
}

TEST(Headroom, WhoIsNotThereIsNotFound) {
  EXPECT_EQ(find_running(with_card(), "nobody").error().code, Errc::not_found);
  EXPECT_EQ(find_running(with_card(), "99999").error().code, Errc::not_found);
  EXPECT_EQ(find_running(calm_report(), "stt").error().code, Errc::unavailable);
}

TEST(Headroom, TheModelIsInTheCommandLine) {
  EXPECT_EQ(model_of_command("llama-server\0-c\0"sv
                             "4096\0-m\0a b.gguf\0"sv),
            "a b.gguf");
  EXPECT_EQ(model_of_command("serve\0--model=org/m\0"sv), "org/m");
  EXPECT_EQ(model_of_command("serve\0-m\0"sv), std::nullopt);
  EXPECT_EQ(model_of_command(""), std::nullopt);
}

/// Qwen2.5-3B, as far as its cache goes.
fit::ModelToPlan model(fit::FileFormat format) {
  fit::ModelToPlan made;
  made.shape.format = format;
  made.shape.architecture = "qwen2";
  made.shape.family = fit::Family::decoder;
  made.shape.vocabulary = 151936;
  made.shape.embedding = 2048;
  made.shape.feed_forward = 11008;
  made.shape.dtype = fit::TensorType::bf16;
  made.shape.weights = made.shape.padded_weights = Bytes{6'171'877'376};
  made.shape.layers.assign(
      36, {.heads = 16, .kv_heads = 2, .key_dim = 128, .value_dim = 128, .weights = 160_MiB});
  return made;
}

TEST(Headroom, TokensAreWhatTheRoomHolds) {
  Running running{"process 1", {"vram:GPU-1"}, 9_GiB, 10_GiB, 16_GiB};
  const auto eager = [&] {
    fit::ModelToPlan asked = model(fit::FileFormat::safetensors);
    asked.use.attention = fit::Attention::eager;
    return tokens_left(asked, running, {});
  }();
  const auto fused = tokens_left(model(fit::FileFormat::safetensors), running, {});
  ASSERT_TRUE(eager && fused);
  EXPECT_GT(**eager, 100U);
  EXPECT_GT(**fused, 4 * **eager);
  running.holds = 2_GiB;  // less than the weights
  EXPECT_EQ(tokens_left(model(fit::FileFormat::safetensors), running, {}).error().code,
            Errc::invalid);
  running.holds = 9_GiB;
  running.used = 15_GiB;  // beyond the warning level
  EXPECT_EQ(**tokens_left(model(fit::FileFormat::safetensors), running, {}), 0U);
}

TEST(Headroom, LlamaCppHasTakenItAllAtStart) {
  const Running running{"process 1", {"vram:GPU-1"}, 9_GiB, 10_GiB, 16_GiB};
  const auto left = tokens_left(model(fit::FileFormat::gguf), running, {});
  ASSERT_TRUE(left);
  EXPECT_FALSE(*left);
}

TEST(Headroom, NumbersAreReadInGroups) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1850), "1,850");
  EXPECT_EQ(grouped(1234567), "1,234,567");
}

}  // namespace
}  // namespace spillway
