#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "context/fake_server_test.h"
#include "context/http_post.h"
#include "context/server_tokens.h"
#include "context/trim.h"

namespace spillway {
namespace {

using nlohmann::json;
using support::FakeServer;

/// As llama-server: a template of ChatML, and a token for every four bytes.
std::optional<std::string> llama_server(const std::string& path, const std::string& body) {
  const json asked = json::parse(body);
  if (path == "/apply-template") {
    std::string prompt;
    for (const json& message : asked.at("messages")) {
      const json content = message.value("content", json());
      prompt += "<|im_start|>" + message.at("role").get<std::string>() + "\n" +
                (content.is_string() ? content.get<std::string>() : "") + "<|im_end|>\n";
    }
    return FakeServer::answer(200, json{{"prompt", prompt}}.dump());
  }
  if (path != "/tokenize") return FakeServer::answer(404, "{}");
  const std::size_t tokens = (asked.at("content").get<std::string>().size() + 3) / 4;
  return FakeServer::answer(200, json{{"tokens", std::vector<int>(tokens, 7)}}.dump());
}

/// As vLLM: messages or a prompt, a count.
std::optional<std::string> vllm(const std::string& path, const std::string& body) {
  if (path != "/tokenize") return FakeServer::answer(404, R"({"detail":"Not Found"})");
  const json asked = json::parse(body);
  const std::size_t size = asked.contains("messages")
                               ? asked["messages"].dump().size()
                               : asked.at("prompt").get<std::string>().size();
  return FakeServer::answer(
      200, json{{"count", size / 3}, {"max_model_len", 4096}, {"tokens", {1}}}.dump());
}

context::CountCache counts;

context::ServerCounter counter_at(const FakeServer& server) {
  return context::server_counter(
      [at = HttpServer{"127.0.0.1", server.port(), ""}](
          std::string_view path, std::string_view body) { return http_post(at, path, body); },
      counts, server.port());
}

TEST(ServerCounter, AsksLlamaServerForThePromptAndItsTokens) {
  FakeServer server(llama_server);
  auto counter = counter_at(server);
  const auto all = counter.whole(R"([{"role":"user","content":"0123456789"}])");
  ASSERT_TRUE(all) << to_string(all.error());
  EXPECT_EQ(*all, (12 + 5 + 10 + 11 + 3) / 4U);
}

TEST(ServerCounter, AsksVllmForTheCount) {
  FakeServer server(vllm);
  auto counter = counter_at(server);
  EXPECT_EQ(counter.whole(R"({"messages":[1,2]})"), 1U);
}

TEST(ServerCounter, ATrimmedConversationFitsByTheServersCount) {
  FakeServer server(llama_server);
  json list{{{"role", "user"}, {"content", "go"}}};
  for (int i = 0; i < 8; ++i) {
    const std::string id = std::to_string(i);
    list.push_back(
        {{"role", "assistant"},
         {"tool_calls", {{{"id", id}, {"function", {{"name", "f"}, {"arguments", id}}}}}}});
    list.push_back({{"role", "tool"}, {"tool_call_id", id}, {"content", std::string(2000, 'x')}});
  }
  const std::string text = list.dump();
  const auto conversation = context::read_conversation(text);
  auto counter = counter_at(server);
  const auto made = trim(*conversation, {2000, 0}, {}, counter);
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->changed);
  EXPECT_TRUE(made->counts.exact);
  EXPECT_EQ(counter.whole(made->text), made->counts.after);
  EXPECT_LE(made->counts.after, 2000U);
}

TEST(ServerCounter, AnAnswerThatCountsNothingIsAnError) {
  for (const std::string body : {"{}", "[]", "x", R"({"count":-1})", R"({"tokens":3})"}) {
    FakeServer server([&](const std::string& path, const std::string&) {
      return FakeServer::answer(path == "/tokenize" ? 200 : 404, body);
    });
    auto counter = counter_at(server);
    EXPECT_FALSE(counter.whole("[]")) << body;
  }
  FakeServer server(
      [](const std::string&, const std::string&) { return FakeServer::answer(500, "no"); });
  auto counter = counter_at(server);
  const auto said = counter.whole("[]");
  ASSERT_FALSE(said);
  EXPECT_EQ(said.error().code, Errc::unsupported);
}

}  // namespace
}  // namespace spillway
