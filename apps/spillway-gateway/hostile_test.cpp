#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/fake_llama_server.h"
#include "testing/running_gateway.h"
#include "tests/support/child.h"

// What is no request, or one that would take too much.

namespace spillway::gateway {
namespace {

using support::eventually;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kChat = R"({"max_tokens":10,"messages":[{"role":"user","content":"hello"}]})";

class Hostile : public testing::Test {
 protected:
  std::string said(const std::string& text) {
    Peer peer(gateway.port());
    peer.send(text);
    return peer.read_all();
  }
  void TearDown() override {
    EXPECT_EQ(Peer::chat(gateway.port(), kChat).result_int(), 200u) << "it does not go on";
  }

  static Limits small() {
    Limits limits;
    limits.header_bytes = 4096;
    limits.header_count = 20;
    limits.body_bytes = 100'000;
    limits.header_time = 300ms;
    limits.body_time = 300ms;
    return limits;
  }
  FakeLlamaServer server;
  RunningGateway gateway{{{"", server.endpoint()}}, {}, small()};
};

TEST_F(Hostile, WhatIsNoHttp) {
  EXPECT_THAT(said("GARBAGE\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(said(std::string("\0\1\2\r\n\r\n", 7)), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(said("GET / HTTP/7.3\r\n\r\n"),
              testing::AnyOf(StartsWith("HTTP/1.1 400"), StartsWith("HTTP/1.1 505")));
  EXPECT_THAT(said("GET / HTTP/1.1\r\nno colon\r\n\r\n"), StartsWith("HTTP/1.1 400"));
}

TEST_F(Hostile, HeadersThatAreTooMuch) {
  EXPECT_THAT(said("GET / HTTP/1.1\r\nA: " + std::string(8000, 'a') + "\r\n\r\n"),
              StartsWith("HTTP/1.1 431"));
  std::string many = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 30; ++i) many += "A" + std::to_string(i) + ": 1\r\n";
  EXPECT_THAT(said(many + "\r\n"), StartsWith("HTTP/1.1 431"));
}

TEST_F(Hostile, BodiesThatAreTooMuch) {
  EXPECT_THAT(said("POST /x HTTP/1.1\r\nContent-Length: 1000000000\r\n\r\n"),
              StartsWith("HTTP/1.1 413"));
  std::string chunks = "POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 60; ++i) chunks += "800\r\n" + std::string(0x800, 'b') + "\r\n";
  EXPECT_THAT(said(chunks + "0\r\n\r\n"), StartsWith("HTTP/1.1 413"));
}

TEST_F(Hostile, LengthsThatAreWrong) {
  const std::string post = "POST /x HTTP/1.1\r\n";
  EXPECT_THAT(said(post + "Content-Length: -1\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(said(post + "Content-Length: 99999999999999999999\r\n\r\n"),
              StartsWith("HTTP/1.1 4"));
  EXPECT_THAT(said(post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
              StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(said(post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(said(post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n"),
              StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(said(post + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n"),
              StartsWith("HTTP/1.1 4"));
  EXPECT_EQ(server.seen().size(), 0u);
}

TEST_F(Hostile, WhoIsTooSlowIsLeft) {
  Peer header(gateway.port()), body(gateway.port());
  header.send("POST /x HT");
  body.send("POST /x HTTP/1.1\r\nContent-Length: 10\r\n\r\nab");
  const TimePoint begin = SystemClock().now();
  EXPECT_EQ(header.read_all(), "");
  EXPECT_EQ(body.read_all(), "");
  EXPECT_LT(SystemClock().now() - begin, 4s);  // the peers would have waited for five
}

TEST_F(Hostile, HeadersCannotBeSmuggledIn) {
  EXPECT_THAT(said("GET /v1/models HTTP/1.1\r\nX: a\rY: b\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_EQ(server.seen().size(), 0u);
}

TEST_F(Hostile, BodiesThatAreNoConversation) {
  for (const char* body :
       {"", "{", "[]", "null", "{\"messages\":7}", "{\"messages\":[7]}", "{\"messages\":[{}]}",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"\xff\"}]}"}) {
    const auto answer = Peer::chat(gateway.port(), body);
    EXPECT_EQ(answer.result_int(), 400u) << body;
    EXPECT_THAT(std::string(answer.body()), HasSubstr("\"type\":\"invalid_request_error\""))
        << body;
  }
  EXPECT_EQ(Peer::chat(gateway.port(), std::string(50'000, '[')).result_int(), 400u);
}

TEST_F(Hostile, ManyAtOnceAreAllAnswered) {
  std::vector<std::unique_ptr<Peer>> peers;
  for (int i = 0; i < 200; ++i) peers.push_back(std::make_unique<Peer>(gateway.port()));
  const std::string body = kChat;
  for (auto& peer : peers) {
    peer->send("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: " +
               std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  for (auto& peer : peers) EXPECT_THAT(peer->read_to("done"), StartsWith("HTTP/1.1 200"));
}

}  // namespace
}  // namespace spillway::gateway
