#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "testing/fake_llama_server.h"
#include "testing/running_gateway.h"

// An agent that sends its whole history, behind the gateway.

namespace spillway::gateway {
namespace {

using nlohmann::json;
using testing::HasSubstr;

/// A history of so many calls, each with a result of so many bytes.
json history(int calls, std::size_t bytes) {
  json messages = json::array({{{"role", "system"}, {"content", "You are an agent."}},
                               {{"role", "user"}, {"content", "find it"}}});
  for (int i = 0; i < calls; ++i) {
    const std::string id = "c" + std::to_string(i);
    messages.push_back(
        {{"role", "assistant"},
         {"content", nullptr},
         {"tool_calls", json::array({{{"id", id},
                                      {"type", "function"},
                                      {"function", {{"name", "read"}, {"arguments", "{}"}}}}})}});
    messages.push_back({{"role", "tool"},
                        {"tool_call_id", id},
                        {"content", fmt::format("result {} ", i) + std::string(bytes, 'x')}});
  }
  return {{"model", "m"}, {"max_tokens", 300}, {"messages", messages}};
}

TEST(Guarding, TheServerNeverSeesMoreThanItTakes) {
  FakeLlamaServer server({.n_ctx = 4000});  // 12,000 bytes
  RunningGateway gateway({{"", server.endpoint()}});
  std::string before;
  for (int calls = 1; calls <= 30; ++calls) {
    const auto answer = Peer::chat(gateway.port(), history(calls, 2500).dump());
    ASSERT_EQ(answer.result_int(), 200u) << calls << ' ' << answer.body();
    EXPECT_THAT(std::string(answer["x-spillway-context"]), HasSubstr("exact"));
  }
  for (const auto& seen : server.seen()) {
    EXPECT_LE(FakeLlamaServer::tokens(FakeLlamaServer::rendered(seen.body)) + 300, 4000u);
  }
  EXPECT_GT(gateway.log(30).back().passed.cleared, 10u);
  EXPECT_LE(gateway.log(30).back().passed.after + 300, 4000u);
}

TEST(Guarding, WithoutTheGatewayItDies) {
  FakeLlamaServer server({.n_ctx = 4000});
  const auto answer = Peer::chat(server.endpoint().port, history(10, 2500).dump());
  EXPECT_EQ(answer.result_int(), 400u);
}

TEST(Guarding, ALaterRequestBeginsAsTheOneBefore) {
  FakeLlamaServer server({.n_ctx = 4000});
  const auto shared = [&](std::uint16_t port, int calls) {
    Peer::chat(port, history(calls, 2500).dump());
    return server.seen().back().body;
  };
  std::size_t reused = 0, sent = 0;
  std::string before;
  std::unique_ptr<RunningGateway> gateway;
  for (int calls = 1; calls <= 20; ++calls) {
    // Started anew in between: nothing is forgotten that matters.
    if (calls % 7 == 1)
      gateway = std::make_unique<RunningGateway>(std::vector<Upstream>{{"", server.endpoint()}});
    const std::string body = FakeLlamaServer::rendered(shared(gateway->port(), calls));
    const auto [end, ignored] =
        std::mismatch(before.begin(), before.end(), body.begin(), body.end());
    reused += static_cast<std::size_t>(end - before.begin());
    sent += body.size();
    before = body;
  }
  EXPECT_GT(reused, sent / 2);  // a sliding window would keep its prefix for a tenth
}

TEST(Guarding, WhatCannotBeCutIsRefusedInWordsThatAgentsKnow) {
  FakeLlamaServer server({.n_ctx = 1000});
  RunningGateway gateway({{"", server.endpoint()}});
  const json request{
      {"max_tokens", 100},
      {"messages", json::array({{{"role", "system"}, {"content", std::string(9000, 's')}},
                                {{"role", "user"}, {"content", "x"}}})}};
  const auto answer = Peer::chat(gateway.port(), request.dump());
  EXPECT_EQ(answer.result_int(), 400u);
  const json error = json::parse(answer.body())["error"];
  EXPECT_EQ(error["code"], "context_length_exceeded");
  EXPECT_THAT(error["message"].get<std::string>(), HasSubstr("maximum context length"));
  EXPECT_TRUE(server.seen().empty());
}

TEST(Guarding, AnAnswerWithoutACapGetsOne) {
  FakeLlamaServer server({.n_ctx = 4000});
  RunningGateway gateway({{"", server.endpoint()}});
  json request = history(1, 100);
  request.erase("max_tokens");
  ASSERT_EQ(Peer::chat(gateway.port(), request.dump()).result_int(), 200u);
  const json sent = json::parse(server.seen().at(0).body);
  EXPECT_EQ(sent["max_tokens"], 800);
  EXPECT_EQ(sent["messages"], request["messages"]);
}

TEST(Guarding, ACapThatIsNoneIsReplaced) {
  FakeLlamaServer server({.n_ctx = 4000});
  RunningGateway gateway({{"", server.endpoint()}});
  json request = history(1, 100);
  request["max_tokens"] = -1;
  ASSERT_EQ(Peer::chat(gateway.port(), request.dump()).result_int(), 200u);
  EXPECT_EQ(json::parse(server.seen().at(0).body)["max_tokens"], 800);
}

TEST(Guarding, WhenTheServerCannotCountNothingIsGuessed) {
  FakeLlamaServer server({.n_ctx = 4000, .counts = false});
  RunningGateway gateway({{"", server.endpoint()}});
  const auto answer = Peer::chat(gateway.port(), history(10, 2500).dump());
  EXPECT_EQ(answer.result_int(), 503u);
  EXPECT_EQ(answer[http::field::retry_after], "5");
  EXPECT_TRUE(server.seen().empty());
}

TEST(Guarding, OllamasOwnChatIsCutAndLosesNothingInSilence) {
  FakeLlamaServer server;  // answers 404 to what it does not know, after it has kept it
  RunningGateway gateway({{"", server.endpoint()}}, {.window = 6000});
  json request = history(10, 2500);
  request.erase("max_tokens");
  request["options"] = {{"num_predict", 500}, {"seed", 7}};
  const auto answer = Peer::ask(gateway.port(), http::verb::post, "/api/chat", request.dump());
  ASSERT_EQ(server.seen().size(), 1u) << answer.body();
  const json sent = json::parse(server.seen().at(0).body);
  EXPECT_EQ(sent["truncate"], false);
  EXPECT_EQ(sent["shift"], false);
  EXPECT_EQ(sent["options"], request["options"]);
  EXPECT_LT(sent["messages"].dump().size(), 3 * 6000u);
  EXPECT_GT(gateway.log(1).at(0).passed.cleared, 0u);
}

}  // namespace
}  // namespace spillway::gateway
