#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/fake_llama_server.h"
#include "testing/running_gateway.h"
#include "tests/support/child.h"

// Passing on, with real connections on loopback.

namespace spillway::gateway {
namespace {

using support::eventually;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kChat =
    R"({"model":"m",  "max_tokens":10,"messages":[{"role":"user","content":"hello"}]})";
constexpr const char* kStreamed =
    R"({"stream":true,"max_tokens":10,"messages":[{"role":"user","content":"hello"}]})";

std::string post(const std::string& body, const std::string& more = {}) {
  return "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n" + more + "\r\n" + body;
}

TEST(PassingOn, WhatNeedsNoChangeArrivesByteForByte) {
  FakeLlamaServer server;
  RunningGateway gateway({{"", server.endpoint()}});
  http::fields headers;
  headers.insert("Authorization", "Bearer secret");
  headers.insert("X-Mine", "1");
  headers.insert("Connection", "X-Hop");
  headers.insert("X-Hop", "not for the server");
  const auto answer = Peer::chat(gateway.port(), kChat, headers);
  EXPECT_EQ(answer.result_int(), 200u);
  EXPECT_THAT(answer.body(), HasSubstr("\"content\":\"done\""));
  const auto seen = server.seen();
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].body, kChat);
  EXPECT_EQ(seen[0].header("authorization"), "Bearer secret");
  EXPECT_EQ(seen[0].header("x-mine"), "1");
  EXPECT_EQ(seen[0].header("x-hop"), "");
  EXPECT_EQ(seen[0].header("host"), "127.0.0.1:" + std::to_string(server.endpoint().port));
}

TEST(PassingOn, WhatTheGatewayDoesNotKnowGoesOn) {
  FakeLlamaServer server;
  RunningGateway gateway({{"", server.endpoint()}});
  EXPECT_EQ(Peer::ask(gateway.port(), http::verb::get, "/v1/models?x=1%20y").result_int(), 404u);
  EXPECT_EQ(Peer::ask(gateway.port(), http::verb::delete_, "/slots/1").result_int(), 404u);
  EXPECT_EQ(server.seen().at(0).target, "/v1/models?x=1%20y");
  EXPECT_EQ(server.seen().at(1).target, "/slots/1");
}

TEST(PassingOn, AStreamComesPieceByPiece) {
  FakeLlamaServer server({.pieces = 3, .pause = 300ms});
  RunningGateway gateway({{"", server.endpoint()}});
  Peer peer(gateway.port());
  const TimePoint begin = SystemClock().now();
  peer.send(post(kStreamed));
  EXPECT_THAT(peer.read_to("w0"), HasSubstr("Content-Type: text/event-stream"));
  EXPECT_LT(SystemClock().now() - begin, 550ms);  // the second piece has not been written yet
  EXPECT_THAT(peer.read_to("[DONE]\n\n"), AllOf(HasSubstr("w1"), HasSubstr("w2")));
}

TEST(PassingOn, ConnectionsAreKeptAndRequestsMayFollowAtOnce) {
  FakeLlamaServer server;
  RunningGateway gateway({{"", server.endpoint()}});
  Peer peer(gateway.port());
  peer.send(post(kStreamed) + post(kChat));  // the second before the first is answered
  EXPECT_THAT(peer.read_to("0\r\n\r\n"), HasSubstr("w2"));
  EXPECT_THAT(peer.read_to("done"), StartsWith("HTTP/1.1 200"));
  peer.send(post(kChat, "Connection: close\r\n"));
  EXPECT_THAT(peer.read_all(), HasSubstr("Connection: close"));
  EXPECT_EQ(server.seen().size(), 3u);
}

TEST(PassingOn, AnOlderClientGetsNoChunks) {
  FakeLlamaServer server;
  RunningGateway gateway({{"", server.endpoint()}});
  Peer peer(gateway.port());
  const std::string body = kStreamed;
  peer.send("POST /v1/chat/completions HTTP/1.0\r\nContent-Length: " + std::to_string(body.size()) +
            "\r\n\r\n" + body);
  EXPECT_THAT(peer.read_all(), AllOf(StartsWith("HTTP/1.0 200"), EndsWith("[DONE]\n\n"),
                                     testing::Not(HasSubstr("chunked"))));
}

TEST(PassingOn, AClientThatWaitsToBeAskedIsAsked) {
  FakeLlamaServer server;
  RunningGateway gateway({{"", server.endpoint()}});
  Peer peer(gateway.port());
  const std::string body = kChat;
  peer.send(
      "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n");
  EXPECT_THAT(peer.read_to("\r\n\r\n"), StartsWith("HTTP/1.1 100"));
  peer.send(body);
  EXPECT_THAT(peer.read_to("done"), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(server.seen().at(0).header("expect"), "");
}

TEST(PassingOn, WhenTheClientGoesTheServersSlotIsFree) {
  FakeLlamaServer silent({.is_silent = true}), slow({.pieces = 1000, .pause = 10ms});
  RunningGateway gateway({{"silent", silent.endpoint()}, {"", slow.endpoint()}});
  Peer waiting(gateway.port());
  waiting.send(
      post(R"({"model":"silent","max_tokens":1,"messages":[{"role":"user","content":"x"}]})"));
  Peer reading(gateway.port());
  reading.send(post(kStreamed));
  reading.read_to("w1");
  ASSERT_TRUE(eventually([&] { return silent.seen().size() == 1; }));
  waiting.close();
  reading.close();
  EXPECT_TRUE(eventually([&] { return silent.broken_off() == 1; }));
  EXPECT_TRUE(eventually([&] { return slow.broken_off() == 1; }));
  EXPECT_EQ(gateway.log(2).at(0).failure, "the client went away");
}

TEST(PassingOn, AnAnswerThatBreaksOffIsNotTakenForTheWhole) {
  FakeLlamaServer server({.pieces = 5, .breaks_after = 2});
  RunningGateway gateway({{"", server.endpoint()}});
  Peer peer(gateway.port());
  peer.send(post(kStreamed));
  const std::string all = peer.read_all();
  EXPECT_THAT(all, AllOf(HasSubstr("w1"), HasSubstr("data: {\"error\":"), HasSubstr("broke off")));
  EXPECT_THAT(all, testing::Not(EndsWith("0\r\n\r\n")));
}

TEST(PassingOn, ByModel) {
  FakeLlamaServer one, rest;
  RunningGateway gateway({{"one", one.endpoint()}, {"", rest.endpoint()}});
  Peer::chat(gateway.port(),
             R"({"messages":[{"role":"user","content":"x"}],"max_tokens":1,"model":"one"})");
  Peer::chat(gateway.port(),
             R"({"messages":[{"role":"user","content":"x"}],"max_tokens":1,"model":"two"})");
  EXPECT_EQ(one.seen().size(), 1u);
  EXPECT_EQ(rest.seen().size(), 1u);
  RunningGateway strict({{"one", one.endpoint()}});
  const auto answer = Peer::chat(strict.port(), R"({"model":"two","messages":[]})");
  EXPECT_EQ(answer.result_int(), 404u);
  EXPECT_THAT(answer.body(), HasSubstr("model_not_found"));
}

TEST(PassingOn, AServerThatIsNotThereIsSaidSo) {
  RunningGateway gateway({{"", {"127.0.0.1", 1}}}, {.window = 1000});
  const auto answer = Peer::chat(gateway.port(), kChat);
  EXPECT_EQ(answer.result_int(), 502u);
  EXPECT_THAT(answer.body(), AllOf(HasSubstr("127.0.0.1:1"), HasSubstr("cannot be reached")));
}

}  // namespace
}  // namespace spillway::gateway
