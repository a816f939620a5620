#include "context/replay.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "context/runs.h"
#include "port/text_file.h"

namespace spillway {
namespace {

using nlohmann::json;

TEST(AgentRuns, AreFoundInAllShapes) {
  const std::string list = R"([{"role":"user","content":"x"}])",
                    body = R"({"messages":)" + list + "}";
  const auto count = [](const std::string& log) {
    const auto runs = agent_runs(log);
    return runs ? runs->size() : 0;
  };
  EXPECT_EQ(count(list), 1U);
  EXPECT_EQ(count(body), 1U);
  EXPECT_EQ(count("[" + body + "," + body + "]"), 2U);
  EXPECT_EQ(count("[" + list + "," + list + "]"), 2U);
  EXPECT_EQ(count(list + "\n\n" + body + "\n"), 2U);
  EXPECT_EQ(count("{"), 0U);
  EXPECT_EQ(count(""), 0U);
  EXPECT_EQ(count(list + "\n{"), 0U);
}

TEST(ContextReplay, CountsWhatAServerReadsAgain) {
  json list{{{"role", "user"}, {"content", "go"}}};
  for (int i = 0; i < 10; ++i) {
    const std::string id = std::to_string(i);
    list.push_back(
        {{"role", "assistant"},
         {"tool_calls", {{{"id", id}, {"function", {{"name", "f"}, {"arguments", id}}}}}}});
    list.push_back({{"role", "tool"}, {"tool_call_id", id}, {"content", std::string(1000, 'x')}});
  }
  const std::string text = list.dump();
  context::ByteCounter counter;
  const auto roomy = replay_context({text}, {100'000, 0}, {}, counter);
  ASSERT_TRUE(roomy);
  EXPECT_EQ(roomy->requests, 11U);
  EXPECT_EQ(roomy->cuts, 0U);
  EXPECT_EQ(roomy->refilled, roomy->never);
  EXPECT_EQ(roomy->kept, roomy->sent);
  const auto tight = replay_context({text}, {4000, 0}, {}, counter);
  ASSERT_TRUE(tight);
  EXPECT_EQ(tight->over + tight->invalid + tight->refused, 0U);
  EXPECT_GT(tight->cuts, 1U);
  EXPECT_GT(tight->cleared, 4000U);
  EXPECT_LT(tight->kept, tight->sent);
  const auto never = replay_context({text}, {100, 0}, {}, counter);
  ASSERT_TRUE(never);
  EXPECT_GT(never->refused, 0U);
}

/// 40 turns with results of 2 to 5 thousand tokens, a byte each.
TEST(ContextReplay, ALongRunStaysInItsBudgetAndIsHardlyReadAgain) {
  json list{{{"role", "system"}, {"content", std::string(1500, 's')}},
            {{"role", "user"}, {"content", "go"}}};
  for (unsigned i = 0; i < 40; ++i) {
    const std::string id = "call_" + std::to_string(i);
    list.push_back(
        {{"role", "assistant"},
         {"tool_calls", {{{"id", id}, {"function", {{"name", "run"}, {"arguments", id}}}}}}});
    list.push_back({{"role", "tool"},
                    {"tool_call_id", id},
                    {"content", std::string(2000 + i * 7919 % 3001, 'x')}});
  }
  const std::string text = list.dump();
  context::ByteCounter counter;
  struct Row {
    std::uint64_t window;
    double most_read_again;
  };
  for (const Row& row : {Row{8000, 1.1}, Row{16'000, 1.1}, Row{32'000, 1.4}}) {
    const auto replay = replay_context({text}, {row.window, 0}, {}, counter);
    ASSERT_TRUE(replay);
    EXPECT_EQ(replay->requests, 41U);
    EXPECT_EQ(replay->over + replay->invalid + replay->refused, 0U) << row.window;
    EXPECT_LE(static_cast<double>(replay->refilled),
              row.most_read_again * static_cast<double>(replay->never))
        << row.window;
    EXPECT_GE(static_cast<double>(replay->kept),
              0.45 * static_cast<double>(row.window * replay->requests))
        << row.window;
  }
}

/// Where the public runs are at hand (shared/data/agent-runs beside the checkout).
TEST(ContextReplay, PublicRunsStayValid) {
  const std::string path = SPILLWAY_SOURCE_DIR "/../shared/data/agent-runs/tau-airline-120.json";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no " << path;
  const auto text = read_text_file(path, 1 << 24);
  ASSERT_TRUE(text);
  const auto runs = agent_runs(*text);
  ASSERT_TRUE(runs);
  EXPECT_EQ(runs->size(), 120U);
  context::ByteCounter counter;
  for (const std::uint64_t budget : {8192, 12'000, 16'384}) {
    const auto replay = replay_context(*runs, {budget, 0}, {}, counter);
    ASSERT_TRUE(replay);
    EXPECT_EQ(replay->over + replay->invalid, 0U) << budget;
    EXPECT_GT(replay->cuts, 0U);
  }
}

}  // namespace
}  // namespace spillway
