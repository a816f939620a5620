#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "end_to_end/program.h"
#include "tests/support/temp_dir.h"

// `spillway plan` as a person and a script run it.

namespace spillway {
namespace {

using nlohmann::json;
using support::spillway;
using testing::HasSubstr;
using testing::StartsWith;

class PlanProgram : public testing::Test {
 protected:
  support::TempDir dir;
  // The published figures of Qwen2.5-3B.
  std::string qwen = (dir.write("qwen/config.json", R"({
    "architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "torch_dtype": "bfloat16",
    "hidden_size": 2048, "intermediate_size": 11008, "num_hidden_layers": 36,
    "num_attention_heads": 16, "num_key_value_heads": 2, "vocab_size": 151936,
    "max_position_embeddings": 32768, "tie_word_embeddings": true})"),
                      dir / "qwen");
};

TEST_F(PlanProgram, ExitCodesSayWhetherItFits) {
  const auto fits = spillway({"plan", qwen, "--vram", "24GiB", "--ram", "32GiB"});
  EXPECT_EQ(fits.code, 0) << fits.err;
  EXPECT_THAT(fits.out, StartsWith("fits: "));
  EXPECT_EQ(fits.err, "");
  const auto eager = spillway({"plan", qwen, "--vram", "14.74GiB", "--ram", "32GiB", "--attention",
                               "eager", "--context", "8192"});
  EXPECT_EQ(eager.code, 4);
  EXPECT_THAT(eager.out, StartsWith("fits if: "));
  EXPECT_THAT(eager.out, HasSubstr("fused instead of eager attention"));
  const auto never = spillway({"plan", "--params", "70B", "--vram", "8GiB", "--ram", "16GiB"});
  EXPECT_EQ(never.code, 3);
  EXPECT_THAT(never.out, StartsWith("does not fit: "));
}

TEST_F(PlanProgram, JsonIsThereWhateverTheAnswer) {
  for (const auto& [vram, code] :
       std::vector<std::pair<std::string, int>>{{"24GiB", 0}, {"8GiB", 4}, {"1GiB", 3}}) {
    const auto ran = spillway({"plan", qwen, "--vram", vram, "--ram", "4GiB", "--json"});
    EXPECT_EQ(ran.code, code) << vram;
    const json plan = json::parse(ran.out);
    EXPECT_EQ(plan["schema"], "spillway.plan/1");
    EXPECT_EQ(plan["fits"], code == 0);
    const json& model = plan["models"].at(0);
    EXPECT_EQ(model["weights_bytes"]["likely"], 6'171'877'376);
    EXPECT_EQ(model["kv_bytes"]["likely"], 150'994'944);
    for (const char* name : {"compute_bytes", "overhead_bytes", "peak_bytes"}) {
      EXPECT_LE(model[name]["low"], model[name]["likely"]);
      EXPECT_LE(model[name]["likely"], model[name]["high"]);
    }
    EXPECT_EQ(model["changes"].empty(), code != 4);
  }
}

TEST_F(PlanProgram, ModelsAreInTheOrderGiven) {
  const auto ran =
      spillway({"plan", qwen, qwen + "/", "--vram", "80GiB", "--ram", "64GiB", "--json"});
  const json plan = json::parse(ran.out);
  ASSERT_EQ(plan["models"].size(), 2U);
  EXPECT_EQ(plan["models"][0]["name"], "qwen");
  EXPECT_EQ(plan["models"][1]["name"], "qwen#2");
}

TEST_F(PlanProgram, AStackIsPlannedTogether) {
  const std::string stack = dir.write("stack.toml", R"(
    [machine]
    vram = "4GB"
    ram = "8GB"
    [[component]]
    name = "stt"
    kind = "stt"
    vram = "3.6GB"
    vram_overhead = "140MB"
    [[component.change]]
    kind = "lower_precision"
    what = "fp16 instead of fp32"
    vram = "1.8GB"
  )");
  const auto ran = spillway({"plan", stack, "--json"});
  EXPECT_EQ(ran.code, 4) << ran.err;
  const json plan = json::parse(ran.out);
  EXPECT_EQ(plan["level"], "critical");
  EXPECT_EQ(plan["changes"][0]["accuracy"], "less than 1 % word error rate");
  EXPECT_EQ(spillway({"plan", stack, "--vram", "8GB"}).code, 0);  // the command line counts
}

TEST_F(PlanProgram, WhatIsWrongWithAStackIsSaidWithItsPlace) {
  const std::string stack = dir.write("bad.toml", "[[component]]\nname = \"a\"\nvrma = 1\n");
  const auto ran = spillway({"plan", stack});
  EXPECT_EQ(ran.code, 2);
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, HasSubstr("bad.toml:3:8: unknown key vrma"));
  EXPECT_THAT(ran.err, HasSubstr("did you mean vram?"));
}

TEST_F(PlanProgram, WrongCommandLinesAreSaid) {
  EXPECT_EQ(spillway({"plan"}).code, 2);
  EXPECT_EQ(spillway({"plan", qwen, "--attention", "strange"}).code, 2);
  EXPECT_EQ(spillway({"plan", qwen, "--threshold", "70"}).code, 2);
  EXPECT_EQ(spillway({"plan", qwen, "--vram", "8GiB", "--gpu", "1"}).code, 2);
  EXPECT_EQ(spillway({"plan", "--suggest", "stt,tea"}).code, 2);
  const auto missing = spillway({"plan", dir / "none.gguf", "--vram", "8GiB", "--ram", "8GiB"});
  EXPECT_EQ(missing.code, 1);
  EXPECT_THAT(missing.err, HasSubstr("none.gguf"));
}

TEST_F(PlanProgram, ThisMachineIsPlannedForWithoutADaemon) {
  const auto ran = spillway({"plan", "--params", "1M", "--json"});
  EXPECT_EQ(json::parse(ran.out)["machine_source"], "direct") << ran.err;
}

TEST_F(PlanProgram, FlagsDrawingsAndSums) {
  const std::vector<std::string> machine{"--vram", "24GiB", "--ram", "32GiB"};
  const auto with = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), machine.begin(), machine.end());
    return spillway(arguments);
  };
  EXPECT_THAT(with({"plan", qwen, "--print-flags", "llama.cpp"}).out, HasSubstr(" -c 4096 "));
  EXPECT_EQ(with({"plan", qwen, "--print-flags", "abacus"}).code, 2);
  EXPECT_EQ(with({"plan", qwen, "--svg", dir / "a.svg"}).code, 0);
  EXPECT_THAT(dir.read("a.svg"), StartsWith("<svg "));
  EXPECT_EQ(with({"plan", qwen, "--svg", dir / "no/a.svg"}).code, 1);
  EXPECT_THAT(with({"plan", qwen, "--explain"}).out, HasSubstr("36864 B"));
}

TEST_F(PlanProgram, SuggestsAStackForASmallCard) {
  const auto ran =
      spillway({"plan", "--suggest", "vad,stt,intent,tts,llm", "--vram", "4GiB", "--ram", "8GiB"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("parakeet-tdt-0.6b-v2-int8"));
  EXPECT_THAT(ran.out, HasSubstr("needs the network"));
  EXPECT_EQ(spillway({"plan", "--suggest", "llm", "--vram", "64MiB", "--ram", "64MiB"}).code, 3);
}

TEST_F(PlanProgram, HeadroomOfNobodyIsAnError) {
  const auto ran = spillway({"plan", "--headroom", "nobody", qwen});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("nobody"));
}

}  // namespace
}  // namespace spillway
