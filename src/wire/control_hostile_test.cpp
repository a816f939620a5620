#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <nlohmann/json.hpp>

#include "tests/support/child.h"
#include "tests/support/control_thread.h"
#include "tests/support/temp_dir.h"
#include "wire/control_client.h"
#include "wire/protocol.h"

namespace spillway {
namespace {

using nlohmann::json;
using support::ControlThread;
using support::eventually;

/// Peers that do what they should not; after each of them the server still answers a good one.
class HostilePeer : public ::testing::Test {
 protected:
  void start(ControlServerOptions options = {}) {
    options.path = path_;
    daemon_ = std::make_unique<ControlThread>(
        options, [](ControlServer& server, const ReplyTo& to, const Peer&, const std::string&,
                    const json& params) { server.reply(to, params.dump()); });
  }
  LineStream stream() { return {std::move(connect_unix(path_, 5s).value()), kLongestAnswer}; }
  bool serves() {
    auto client = ControlClient::connect({path_}, 5s);
    return client && client->call("echo", "{}", 10s).has_value();
  }
  bool drops(std::string_view why) {
    return eventually([&] {
      for (const auto& reason : daemon_->closed()) {
        if (reason.find(why) != std::string::npos) return true;
      }
      return false;
    });
  }
  const ControlServerCounters& counters() {
    daemon_->stop();
    return daemon_->counters();
  }

  support::TempDir dir_;
  const std::string path_ = dir_ / "control.sock";
  std::unique_ptr<ControlThread> daemon_;
};

TEST_F(HostilePeer, GarbageIsAnsweredWithWhatIsWrong) {
  start();
  for (const std::string& line :
       {std::string("hello?"), std::string("{}"), std::string("[]"), std::string("{\"id\":1}"),
        std::string("{\"method\":1}"), std::string("\x01\xff\x00\xfe", 4),
        "{\"method\":\"" + std::string("\xc3\x28") + "\"}", std::string(50'000, '['),
        std::string("{\"id\":1,\"method\":\"a\"")}) {
    auto peer = stream();
    ASSERT_TRUE(peer.write(line + "\n", 5s));
    const auto answer = peer.read(5s);
    ASSERT_TRUE(answer) << line.substr(0, 20);
    const json error = json::parse(*answer).value("error", json());
    EXPECT_EQ(error.value("code", ""), "invalid") << line.substr(0, 20);
    EXPECT_FALSE(error.value("message", "").empty());
    // The line was wrong, the connection is not.
    ASSERT_TRUE(peer.write("{\"id\":2,\"method\":\"echo\"}\n", 5s));
    EXPECT_EQ(peer.read(5s).value(), R"({"id":2,"result":{}})");
  }
}

TEST_F(HostilePeer, ALineWithoutEndIsDroppedAndCounted) {
  start({.longest_line = 100'000});
  auto peer = stream();
  const std::string endless(200'000, 'x');
  (void)peer.write(endless, 5s);
  EXPECT_TRUE(drops("a line of more than"));
  const auto answer = peer.read(5s);
  ASSERT_TRUE(answer);
  EXPECT_NE(answer->find("too long"), std::string::npos);
  EXPECT_TRUE(serves());
  EXPECT_EQ(counters().dropped_line, 1);
}

TEST_F(HostilePeer, HalfALineAndGoneCostsNothing) {
  start();
  for (int i = 0; i < 50; ++i) {
    auto peer = stream();
    ASSERT_TRUE(peer.write("{\"id\":1,\"meth", 5s));
  }
  EXPECT_TRUE(eventually([&] { return daemon_->closed().size() == 50; }));
  EXPECT_TRUE(serves());
}

TEST_F(HostilePeer, WhoAsksWithoutReadingIsNotReadFromEither) {
  start();
  auto peer = stream();
  const std::string request =
      request_line(1, "echo", R"({"pad":")" + std::string(50'000, 'x') + R"("})");
  Status sent;
  for (int i = 0; i < 1000 && sent; ++i) sent = peer.write(request, 30ms);
  ASSERT_FALSE(sent) << "50 MB were taken in without anybody reading the answers";
  EXPECT_EQ(sent.error().code, Errc::timed_out);
  EXPECT_TRUE(serves());
  EXPECT_EQ(counters().dropped_slow, 0) << "back-pressure is enough, nobody is dropped for it";
}

TEST_F(HostilePeer, ASubscriberThatDoesNotReadIsDroppedAndCounted) {
  start({.max_queued = 1 << 20});
  auto peer = stream();
  ASSERT_TRUE(peer.write(request_line(1, "echo", "{}"), 5s));
  ASSERT_TRUE(peer.read(5s));
  daemon_->on_loop([](ControlServer& server) {
    const std::string event = event_line('"' + std::string(10'000, 'x') + '"');
    for (int i = 0; i < 1000; ++i) server.send(2, event);
  });
  EXPECT_TRUE(drops("does not read"));
  EXPECT_TRUE(serves());
  EXPECT_EQ(counters().dropped_slow, 1);
}

TEST_F(HostilePeer, AllTogetherHoldNoMoreThanTheBound) {
  start({.max_held = 1 << 20});
  std::vector<LineStream> peers;
  const std::string half(150'000, 'x');
  for (int i = 0; i < 20; ++i) {
    peers.push_back(stream());
    (void)peers.back().write(half, 1s);
  }
  EXPECT_TRUE(eventually([&] { return daemon_->closed().size() >= 12; }));
  EXPECT_TRUE(serves());
  EXPECT_GE(counters().dropped_line, 12) << "20 x 150 kB do not fit into 1 MiB";
}

TEST_F(HostilePeer, TooManyConnectionsAreTurnedAwayWithAReason) {
  start({.max_connections = 8});
  std::vector<LineStream> peers;
  for (int i = 0; i < 8; ++i) {
    peers.push_back(stream());
    ASSERT_TRUE(peers.back().write(request_line(1, "echo", "{}"), 5s));
    ASSERT_TRUE(peers.back().read(5s));
  }
  auto late = ControlClient::connect({path_}, 5s);
  ASSERT_TRUE(late);
  const auto refused = late->call("echo", "{}", 5s);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::unavailable);
  peers.pop_back();
  EXPECT_TRUE(eventually([&] { return serves(); })) << "there is room again";
}

TEST_F(HostilePeer, OneUserCannotTakeAllConnections) {
  if (::getuid() != 0) GTEST_SKIP() << "needs root to become another user";
  start({.max_connections = 50, .max_per_user = 5});
  std::filesystem::permissions(dir_.path(), std::filesystem::perms(0755));
  const support::Child stranger([&] {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) _exit(1);
    std::vector<UniqueFd> held;
    for (int i = 0; i < 20; ++i) {
      if (auto fd = connect_unix(path_, 5s)) held.push_back(std::move(*fd));
    }
    support::Child::sleep_forever();
  });
  EXPECT_TRUE(eventually([&] {
    std::uint64_t refused = 0;
    std::atomic<bool> done = false;
    daemon_->on_loop([&](ControlServer& server) {
      refused = server.counters().refused_full;
      done = true;
    });
    return eventually([&] { return done.load(); }) && refused == 15;
  }));
  EXPECT_TRUE(serves()) << "root still gets in";
}

TEST_F(HostilePeer, RunningOutOfDescriptorsTurnsPeersAwayAndRecovers) {
  start();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  auto kept = stream();
  ASSERT_TRUE(kept.write(request_line(1, "echo", "{}"), 5s));
  ASSERT_TRUE(kept.read(5s));
  // The client's socket still fits below the limit, the server's end of it does not.
  UniqueFd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const rlimit tight{static_cast<rlim_t>(client.get() + 1), before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path_.copy(address.sun_path, sizeof(address.sun_path) - 1);
  EXPECT_EQ(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
            0);
  LineStream late(std::move(client), kLongestAnswer);
  const auto refused = late.read(5s);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_TRUE(refused);
  EXPECT_NE(refused->find("unavailable"), std::string::npos);
  EXPECT_TRUE(serves());
}

TEST_F(HostilePeer, TwoHundredComeAndVanish) {
  start();
  for (int round = 0; round < 4; ++round) {
    std::vector<LineStream> peers;
    for (int i = 0; i < 50; ++i) peers.push_back(stream());
    for (auto& peer : peers) ASSERT_TRUE(peer.write(request_line(1, "echo", "{}"), 5s));
  }
  EXPECT_TRUE(eventually([&] { return daemon_->closed().size() == 200; }));
  EXPECT_TRUE(serves());
  EXPECT_EQ(counters().refused_full, 0);
}

}  // namespace
}  // namespace spillway
