#include "context/http_post.h"

#include <gtest/gtest.h>

#include "context/fake_server_test.h"

namespace spillway {
namespace {

TEST(HttpPost, ReadsAddresses) {
  const auto plain = parse_http_server("http://127.0.0.1:8080/");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->host, "127.0.0.1");
  EXPECT_EQ(plain->port, "8080");
  EXPECT_EQ(plain->path, "");
  const auto v6 = parse_http_server("http://[::1]/v1");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->host, "::1");
  EXPECT_EQ(v6->port, "80");
  EXPECT_EQ(v6->path, "/v1");
  for (const char* wrong :
       {"", "127.0.0.1", "https://x", "http://", "http://:80", "http://x:", "http://x:0",
        "http://x:99999", "http://[::1", "http://x y", "http://x/\r\nHost: y"}) {
    EXPECT_FALSE(parse_http_server(wrong)) << wrong;
  }
}

TEST(HttpPost, SendsAndReceives) {
  support::FakeServer server([](const std::string& path, const std::string& body) {
    return support::FakeServer::answer(path == "/p/echo" ? 200 : 404, body);
  });
  const auto answer =
      http_post({"127.0.0.1", server.port(), "/p"}, "/echo", std::string(300'000, 'x'));
  ASSERT_TRUE(answer) << to_string(answer.error());
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, std::string(300'000, 'x'));
  EXPECT_EQ(http_post({"127.0.0.1", server.port(), ""}, "/other", "{}")->status, 404);
}

TEST(HttpPost, AServerThatSaysNonsenseOrNothingIsAnError) {
  for (const std::string text :
       {"", "SSH-2.0-x\r\n\r\n", "HTTP/1.1 xyz\r\n\r\n", "HTTP/1.1 200 OK"}) {
    support::FakeServer server([&](const std::string&, const std::string&) { return text; });
    const auto answer = http_post({"127.0.0.1", server.port(), ""}, "/", "{}");
    ASSERT_FALSE(answer) << text;
    EXPECT_EQ(answer.error().code, Errc::invalid);
  }
  const auto nobody = http_post({"127.0.0.1", "1", ""}, "/", "{}");
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, Errc::unavailable);
}

TEST(HttpPost, AServerThatIsSilentTimesOut) {
  support::FakeServer server([](const std::string&, const std::string&) { return std::nullopt; });
  const auto answer = http_post({"127.0.0.1", server.port(), ""}, "/", "{}", 50ms);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::timed_out);
}

}  // namespace
}  // namespace spillway
