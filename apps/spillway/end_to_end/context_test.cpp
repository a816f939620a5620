#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "end_to_end/program.h"
#include "tests/support/temp_dir.h"

// `spillway context trim` and `replay` as a person and a script run them.

namespace spillway {
namespace {

using nlohmann::ordered_json;
using support::How;
using support::Ran;
using support::spillway;
using testing::HasSubstr;

class ContextProgram : public testing::Test {
 protected:
  /// So many tool calls, each with a result of so many bytes.
  static ordered_json run(int calls, std::size_t bytes) {
    ordered_json list{{{"role", "system"}, {"content", "You are helpful."}},
                      {{"role", "user"}, {"content", "Find the fault."}}};
    for (int i = 0; i < calls; ++i) {
      const std::string id = "call_" + std::to_string(i);
      ordered_json call{{"role", "assistant"}, {"content", nullptr}};
      call["tool_calls"] = {
          {{"id", id},
           {"type", "function"},
           {"function", {{"name", "read"}, {"arguments", "{\"n\":" + id + "}"}}}}};
      list.push_back(std::move(call));
      list.push_back(
          {{"role", "tool"}, {"tool_call_id", id}, {"content", std::string(bytes, 'x')}});
    }
    return list;
  }

  Ran trim(const std::string& chat, std::vector<std::string> options) const {
    options.insert(options.begin(), {"context", "trim"});
    How how;
    how.input = dir.write("chat.json", chat);
    return spillway(options, how);
  }

  support::TempDir dir;
};

TEST_F(ContextProgram, WhatFitsComesOutByteForByte) {
  const std::string chat = "  { \"messages\":" + run(3, 500).dump(4) + ", \"x\": 1.0 }\n";
  const Ran ran = trim(chat, {"--budget", "10000"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, chat);
  EXPECT_EQ(ran.err, "");
}

TEST_F(ContextProgram, WhatDoesNotFitComesOutSmallerInTheSameShape) {
  const ordered_json list = run(20, 3000);
  const Ran array = trim(list.dump(), {"--budget", "10000"});
  ASSERT_EQ(array.code, 0) << array.err;
  const ordered_json left = ordered_json::parse(array.out);
  ASSERT_TRUE(left.is_array());
  EXPECT_LE(left.dump().size(), 10'000U);
  EXPECT_EQ(left[0], list[0]);
  EXPECT_EQ(left[1], list[1]);
  EXPECT_EQ(left.back(), list.back());

  const ordered_json body{{"model", "m"}, {"messages", list}, {"tools", {{{"type", "function"}}}}};
  const Ran object = trim(body.dump(), {"--budget", "10000"});
  ASSERT_EQ(object.code, 0) << object.err;
  const ordered_json smaller = ordered_json::parse(object.out);
  EXPECT_EQ(smaller["model"], "m");
  EXPECT_EQ(smaller["tools"], body["tools"]);
  EXPECT_LE(smaller["messages"].dump().size() + smaller["tools"].dump().size(), 10'000U);
}

TEST_F(ContextProgram, JsonHasTheMessagesAndTheEdits) {
  const Ran ran = trim(run(20, 3000).dump(), {"--budget", "10000", "--json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const ordered_json made = ordered_json::parse(ran.out);
  EXPECT_EQ(made["schema"], "spillway.context.trim/1");
  EXPECT_EQ(made["messages"].dump().size(), made["tokens_after"]);
  EXPECT_FALSE(made["edits"].empty());
  for (const ordered_json& edit : made["edits"]) {
    EXPECT_THAT(edit["kind"], testing::AnyOf("clear", "cut", "drop"));
    EXPECT_GE(edit["message"], 2);
  }
}

TEST_F(ContextProgram, WhatCannotFitIsRefused) {
  ordered_json list = run(1, 10);
  list.push_back({{"role", "user"}, {"content", std::string(5000, 'u')}});
  const Ran ran = trim(list.dump(), {"--budget", "1000"});
  EXPECT_EQ(ran.code, 3);
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ordered_json::parse(ran.err)["error"]["code"], "context_length_exceeded");
}

TEST_F(ContextProgram, APolicyFileChangesWhatGoes) {
  const std::string policy = dir.write("policy.toml", "exclude = [\"read\"]\n");
  const Ran ran = trim(run(20, 3000).dump(), {"--budget", "10000", "--policy", policy});
  EXPECT_EQ(ran.code, 3) << "every result is excluded";
  const std::string wrong = dir.write("wrong.toml", "hihg = 0.5\n");
  const Ran told = trim("[]", {"--budget", "10000", "--policy", wrong});
  EXPECT_EQ(told.code, 2);
  EXPECT_THAT(told.err, HasSubstr("wrong.toml:1"));
}

TEST_F(ContextProgram, WhatIsNotUnderstoodIsSaid) {
  for (const std::string chat : {"", "nonsense", "{\"messages\": 1}", "[{}]"}) {
    const Ran ran = trim(chat, {"--budget", "100"});
    EXPECT_EQ(ran.code, 2) << chat;
    EXPECT_THAT(ran.err, HasSubstr("byte ")) << chat;
  }
  EXPECT_EQ(trim("[]", {}).code, 2);
  EXPECT_EQ(trim("[]", {"--budget", "0"}).code, 2);
  EXPECT_EQ(trim("[]", {"--budget", "9", "--count", "words"}).code, 2);
  EXPECT_EQ(trim("[]", {"--budget", "9", "--count", "server"}).code, 2);
  EXPECT_EQ(trim("[]", {"--budget", "9", "--count", "server", "http://127.0.0.1:1"}).code, 1);
}

/// 3 billion parameters in fp16 on a card of 14.74 GiB, with eager attention. Without a guard such a program died
/// between 6,000 and 10,500 tokens.
TEST_F(ContextProgram, TheBudgetOfACardIsWhatTheModelTakesOnIt) {
  dir.write("qwen/config.json", R"({
    "architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "torch_dtype": "float16",
    "hidden_size": 2048, "intermediate_size": 11008, "num_hidden_layers": 36,
    "num_attention_heads": 16, "num_key_value_heads": 2, "vocab_size": 151936,
    "max_position_embeddings": 32768, "tie_word_embeddings": true})");
  const auto budget = [&](const std::string& attention) -> std::uint64_t {
    const Ran ran = trim(
        "[]", {"--model", dir / "qwen", "--vram", "14.74GiB", "--attention", attention, "--json"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    return ordered_json::parse(ran.out)["budget_tokens"];
  };
  const std::uint64_t eager = budget("eager");
  EXPECT_GE(eager, 4000U);
  EXPECT_LE(eager, 7500U);
  EXPECT_EQ(budget("flash"), 32'768U);
  // 20 tool calls: each request fits, none is refused.
  const std::string log = dir.write("run.json", run(20, 3000).dump());
  const Ran ran = spillway({"context", "replay", log, "--budget", std::to_string(eager), "--json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const ordered_json replayed = ordered_json::parse(ran.out)["budgets"][0];
  EXPECT_EQ(replayed["requests"], 21);
  EXPECT_EQ(replayed["over_budget"], 0);
  EXPECT_EQ(replayed["refused"], 0);
}

TEST_F(ContextProgram, ReplayShowsWhatBudgetsDo) {
  const std::string log =
      dir.write("runs.jsonl", run(12, 1000).dump() + "\n" + run(3, 100).dump() + "\n");
  const Ran ran = spillway({"context", "replay", log, "--svg", dir / "plot.svg", "--no-color"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, testing::StartsWith("BUDGET  "));
  EXPECT_EQ(std::count(ran.out.begin(), ran.out.end(), '\n'), 4);
  EXPECT_THAT(dir.read("plot.svg"), testing::StartsWith("<svg "));
  EXPECT_EQ(spillway({"context", "replay", dir / "nothing"}).code, 1);
  EXPECT_EQ(spillway({"context", "replay", dir.write("bad.json", "{]")}).code, 2);
}

}  // namespace
}  // namespace spillway
