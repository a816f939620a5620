#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "end_to_end/program.h"
#include "tests/support/temp_dir.h"

#ifdef SPILLWAY_HAS_DAEMON
#include "end_to_end/daemon.h"
#endif

// `spillway run --fit`, with programs that are called like a runtime and print what they are told.

namespace spillway {
namespace {

using nlohmann::json;
using support::Ran;
using support::spillway;
using testing::HasSubstr;

class RunFit : public testing::Test {
 protected:
  std::string program(const std::string& name, const std::string& script = "echo \"$@\"") const {
    const std::string path = dir.write(name, "#!/bin/sh\n" + script + "\n");
    std::filesystem::permissions(path, std::filesystem::perms(0755));
    return path;
  }
  /// A folder of a model that is so wide.
  std::string qwen(int width) const {
    const std::string name = "qwen" + std::to_string(width);
    dir.write(name + "/config.json",
              R"({"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2",
                  "torch_dtype": "bfloat16", "num_hidden_layers": 100, "intermediate_size": 1024,
                  "num_attention_heads": 16, "num_key_value_heads": 2, "vocab_size": 15000,
                  "max_position_embeddings": 32768, "hidden_size": )" +
                  std::to_string(width) + "}");
    return dir / name;
  }

  support::TempDir dir;
  std::string server = program("llama-server");
  std::string small = qwen(64), large = qwen(1 << 17);
};

TEST_F(RunFit, ARuntimeIsToldHowToRunTheModel) {
  const Ran ran = spillway({"run", "--fit", small, "--threshold", "1", "--context", "2048", "--",
                            server, "--port", "1", "-np", "2"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, testing::StartsWith("--port 1 -np 2 -m "));
  EXPECT_THAT(ran.out, HasSubstr(" -c 2048 "));
  EXPECT_THAT(ran.err, HasSubstr("spillway: added: -m "));
  EXPECT_THAT(ran.err, HasSubstr("of ram"));
}

TEST_F(RunFit, TheCommandCountsMoreThanTheOptions) {
  const Ran ran = spillway(
      {"run", "--fit", small, "--threshold", "1", "--context", "2048", server, "-c", "1024"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("-c 1024"));
  EXPECT_THAT(ran.out, testing::Not(HasSubstr("2048")));
}

TEST_F(RunFit, WhatDoesNotFitIsNotStarted) {
  const std::string status = dir / "status";
  const Ran ran = spillway(
      {"run", "--fit", large, "--status-file", status, program("llama-cli", "touch \"$0.ran\"")});
  EXPECT_EQ(ran.code, 3);
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, HasSubstr("does not fit, with nothing that this command can be told: ram"));
  EXPECT_FALSE(std::filesystem::exists(dir / "llama-cli.ran"));
  const json told = json::parse(dir.read("status"));
  EXPECT_EQ(told["state"], "failed");
  EXPECT_EQ(told["exit_code"], 3);
  EXPECT_TRUE(told["pid"].is_null());
  EXPECT_THAT(told["reason"].get<std::string>(), HasSubstr("does not fit"));
}

/// So long that its cache takes more RAM than this machine has, and half of it less.
TEST_F(RunFit, WhatFitsWithLessIsToldSo) {
  const auto peak = [&](const std::string& context, const char* member) {
    const Ran ran =
        spillway({"plan", small, "--backend", "llama.cpp", "--context", context, "--json"});
    return json::parse(ran.out)["pools"].back().at(json::json_pointer(member)).get<double>();
  };
  const double total = peak("1000000", "/total_bytes");
  const double each =
      (peak("2000000", "/peak_bytes/likely") - peak("1000000", "/peak_bytes/likely")) / 1e6;
  const auto context = static_cast<std::uint64_t>(1.2 * total / each);
  const Ran ran = spillway(
      {"run", "--fit", small, "--threshold", "1", "--context", std::to_string(context), server});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("instead of " + std::to_string(context)));
  EXPECT_THAT(ran.out, testing::AnyOf(HasSubstr("-c " + std::to_string(context / 2) + " "),
                                      HasSubstr("-c " + std::to_string(context / 4) + " ")));
  // What the command says itself is not said otherwise.
  const Ran fixed = spillway({"run", "--fit", small, "--threshold", "1", server, "-ctk", "f16",
                              "-fa", "on", "-c", std::to_string(context)});
  EXPECT_EQ(fixed.code, 3);
  EXPECT_EQ(fixed.out, "");
}

TEST_F(RunFit, AnUnknownProgramRunsAsItIs) {
  const Ran ran = spillway({"run", "--fit", small, "--threshold", "1", "--", "echo", "-c", "x"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "-c x\n");
  EXPECT_THAT(ran.err, HasSubstr("no runtime with known flags"));
}

TEST_F(RunFit, APythonProgramIsToldToThePerson) {
  const Ran ran =
      spillway({"run", "--fit", small, "--threshold", "1", "--", program("python3"), "a.py"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "a.py\n");
  EXPECT_THAT(ran.err, HasSubstr("the program itself has to say: attn_implementation=sdpa"));
}

TEST_F(RunFit, OllamaGetsAnEnvironment) {
  const std::string ollama = program("ollama", "echo $OLLAMA_CONTEXT_LENGTH $OLLAMA_KV_CACHE_TYPE");
  EXPECT_EQ(spillway({"run", "--fit", small, "--threshold", "1", "--", ollama, "serve"}).out,
            "4096 f16\n");
}

/// A stand-in that takes more than the plan expected: dd has one buffer of bs.
TEST_F(RunFit, ARunThatTookMoreTeachesLaterPlans) {
  const support::How environment{.environment = {{"XDG_STATE_HOME", dir.path()}}};
  const auto peak = [&] {
    const Ran ran = spillway({"plan", small, "--backend", "llama.cpp", "--json"}, environment);
    return json::parse(ran.out)["models"][0]["ram_peak_bytes"]["likely"].get<std::int64_t>();
  };
  const auto run = [&](std::int64_t bytes) {
    return spillway({"run", "-v", "--fit", small, "--threshold", "1", "--",
                     program("llama-server",
                             "dd if=/dev/zero of=/dev/null count=1 bs=" + std::to_string(bytes))},
                    environment);
  };
  const std::int64_t before = peak();
  EXPECT_EQ(run(before / 2).code, 0);
  EXPECT_EQ(peak(), before);  // nobody knows how much of the model that used
  const std::int64_t held = before + before / 2;
  const Ran ran = run(held);
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("were expected: later plans know"));
  EXPECT_GE(peak(), held);
  EXPECT_LT(peak(), held + held / 10);
}

TEST_F(RunFit, ItsOwnFailuresAre125) {
  EXPECT_EQ(spillway({"run", "--fit", dir / "none.gguf", server}).code, 125);
  EXPECT_EQ(spillway({"run", "--fit", small, "--context", "x", server}).code, 125);
  const Ran ran = spillway({"run", "--fit", small, server, "-c", "many"});
  EXPECT_EQ(ran.code, 125);
  EXPECT_THAT(ran.err, HasSubstr("-c many"));
}

#ifdef SPILLWAY_HAS_DAEMON
TEST_F(RunFit, TheGuardKnowsThePlansFigures) {
  const support::Daemon daemon;
  const Ran ran =
      daemon.spillway({"run", "--fit", small, "--threshold", "1", "--name", "llm", "--",
                       program("llama-server", SPILLWAY_BINARY_DIR "/spillway --socket " +
                                                   daemon.socket() + " ps --json")});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const json tenant = json::parse(ran.out)["tenants"].at(0);
  EXPECT_EQ(tenant["tenant"], "llm");
  ASSERT_EQ(tenant["holds"].size(), 1U);
  EXPECT_EQ(tenant["holds"][0]["pool"], "ram");
  EXPECT_GT(tenant["holds"][0]["bytes"], 150 << 20);  // the program alone, by the plan
}
#endif

}  // namespace
}  // namespace spillway
