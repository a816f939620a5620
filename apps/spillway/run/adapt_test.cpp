#include "run/adapt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace spillway {
namespace {

using fit::Attention;
using fit::TensorType;
using fit::Use;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using Words = std::vector<std::string>;

Command command(Words words, std::map<std::string, std::string> variables = {}) {
  return {std::move(words), [variables = std::move(variables)](const char* name) {
            const auto found = variables.find(name);
            return found == variables.end() ? nullptr : found->second.c_str();
          }};
}

Use settings(std::string_view runtime, const Command& of, Use use = {}) {
  const auto read = read_settings(runtime, of, use);
  EXPECT_TRUE(read) << to_string(read.error());
  return use;
}

TEST(RuntimeOf, GoesByTheProgramsName) {
  EXPECT_EQ(runtime_of({"/opt/llama-server"}), "llama.cpp");
  EXPECT_EQ(runtime_of({"llama-cli", "-m"}), "llama.cpp");
  EXPECT_EQ(runtime_of({"vllm", "serve"}), "vllm");
  EXPECT_EQ(runtime_of({"python3.11", "x.py"}), "transformers");
  EXPECT_EQ(runtime_of({"ollama", "serve"}), "ollama");
  EXPECT_EQ(runtime_of({"ollama", "run", "x"}), std::nullopt);  // a client
  EXPECT_EQ(runtime_of({"./my-server"}), std::nullopt);
  EXPECT_EQ(runtime_of({""}), std::nullopt);
}

TEST(ReadSettings, WhatTheCommandSaysCounts) {
  const Use use = settings(
      "llama.cpp", command({"llama-server", "--ctx-size=16384", "-np", "4", "-ngl", "20", "-fa",
                            "off", "-ctk", "q8_0", "--no-kv-unified", "-cmoe", "--no-mmap"}));
  EXPECT_EQ(use.context, 4096U);  // each slot's
  EXPECT_EQ(use.slots, 4U);
  EXPECT_EQ(use.gpu_layers, 20U);
  EXPECT_EQ(use.attention, Attention::eager);
  EXPECT_EQ(use.cache_v, TensorType::q8_0);
  EXPECT_TRUE(use.experts_on_cpu);
  EXPECT_FALSE(use.mmap);
  EXPECT_EQ(settings("llama.cpp", command({"llama-cli", "-fa", "-c", "512"})).context, 512U);
  EXPECT_EQ(settings("vllm", command({"vllm", "serve", "m", "--max-model-len", "99"})).context,
            99U);
  EXPECT_EQ(settings("ollama", command({"ollama", "serve"}, {{"OLLAMA_NUM_PARALLEL", "3"}})).slots,
            3U);
}

TEST(ReadSettings, TellsWhatIsSaid) {
  Use use;
  EXPECT_THAT(read_settings("llama.cpp", command({"llama-cli", "-c", "99", "-ngl", "auto"}), use),
              testing::Optional(ElementsAre("context", "gpu_layers")));
}

TEST(ReadSettings, WhatIsLeftToTheRuntimeChangesNothing) {
  const Use use =
      settings("llama.cpp", command({"llama-server", "-ngl", "auto", "-fa", "auto", "-ngl"}));
  EXPECT_EQ(use.gpu_layers, std::nullopt);
  EXPECT_EQ(use.attention, Attention::flash);
}

TEST(ReadSettings, WhatCannotBeReadIsSaid) {
  Use use;
  for (const char* value : {"many", "0", "-5", "99999999999999999999"}) {
    const auto read =
        read_settings("llama.cpp", command({"llama-server", "-c=" + std::string(value)}), use);
    ASSERT_FALSE(read) << value;
    EXPECT_THAT(to_string(read.error()), HasSubstr(std::string("-c ") + value));
  }
}

TEST(Adapt, AddsWhatTheCommandDoesNotSay) {
  const Use use;
  const auto server = adapt("llama.cpp", "m.gguf", use, use, true,
                            command({"llama-server", "-m", "m.gguf", "-c", "4096"}));
  ASSERT_TRUE(server);
  EXPECT_THAT(server->words, ElementsAre("llama-server", "-m", "m.gguf", "-c", "4096", "-np", "1",
                                         "-ub", "512", "-ngl", "999", "-fa", "on", "-ctk", "f16",
                                         "-ctv", "f16", "--kv-unified"));
  EXPECT_THAT(server->added, testing::StartsWith("-np 1 -ub 512"));
  // A command line program has no slots, and names its model in another way.
  const auto cli =
      adapt("llama.cpp", "m.gguf", use, use, false, command({"llama-cli", "--hf-repo", "org/m"}));
  EXPECT_THAT(cli->words, ElementsAre("llama-cli", "--hf-repo", "org/m", "-c", "4096", "-ub", "512",
                                      "-fa", "on", "-ctk", "f16", "-ctv", "f16"));
  const auto vllm = adapt("vllm", "org/m", use, use, true,
                          command({"vllm", "serve", "org/m", "--gpu-memory-utilization=0.90"}));
  EXPECT_THAT(vllm->words,
              ElementsAre("vllm", "serve", "org/m", "--gpu-memory-utilization=0.90",
                          "--max-model-len", "4096", "--max-num-seqs", "1", "--enforce-eager"));
}

TEST(Adapt, OllamaIsToldByItsEnvironment) {
  const Use use;
  const auto told = adapt("ollama", "m", use, use, true,
                          command({"ollama", "serve"}, {{"OLLAMA_CONTEXT_LENGTH", "4096"},
                                                        {"OLLAMA_NUM_PARALLEL", "1"}}));
  ASSERT_TRUE(told);
  EXPECT_THAT(told->words, ElementsAre("ollama", "serve"));
  EXPECT_THAT(told->environment, ElementsAre(Pair("OLLAMA_FLASH_ATTENTION", "1"),
                                             Pair("OLLAMA_KV_CACHE_TYPE", "f16")));
}

TEST(Adapt, AProgramsTextIsLeftAlone) {
  const auto told = adapt("transformers", "m", {}, {}, true, command({"python3", "run.py"}));
  EXPECT_THAT(told->words, ElementsAre("python3", "run.py"));
  EXPECT_EQ(told->added, "");
}

TEST(Adapt, DoesNotContradictTheCommand) {
  const Command says = command({"llama-server", "-c", "8192"});
  const Use asked = settings("llama.cpp", says);
  Use planned = asked;
  planned.context = 2048;
  const auto told = adapt("llama.cpp", "m", asked, planned, true, says);
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().code, Errc::refused);
  EXPECT_THAT(told.error().what, HasSubstr("only with -c 2048, and the command says 8192"));
  planned = asked;
  planned.gpu_layers = 9;  // of which it says nothing
  EXPECT_THAT(adapt("llama.cpp", "m", asked, planned, true, says)->added, HasSubstr("-ngl 9"));
}

}  // namespace
}  // namespace spillway
