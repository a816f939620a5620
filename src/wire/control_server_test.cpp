#include "wire/control_server.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

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

/// echo answers its params, later answers when poked, whoami the peer, the rest is not found.
class ControlServerTest : public ::testing::Test {
 protected:
  ControlThread::Answer answer() {
    return [this](ControlServer& server, const ReplyTo& to, const Peer& peer,
                  const std::string& method, const json& params) {
      if (method == "echo") {
        server.reply(to, params.dump());
      } else if (method == "whoami") {
        server.reply(to, json{{"uid", peer.uid}, {"pid", peer.pid}}.dump());
      } else if (method == "later") {
        later_ = to;
      } else if (method == "now") {
        server.reply(later_, std::string("\"late\""));
        server.reply(to, std::string("\"now\""));
      } else if (method == "tell") {
        server.send(to.connection, event_line(R"({"kind":"level"})"));
        server.reply(to, std::string("{}"));
      } else {
        server.reply(to, fail(Errc::not_found, "no such method", method, "see help"));
      }
    };
  }
  ControlClient connect() {
    auto client = ControlClient::connect({path_}, 5s);
    if (!client) throw std::runtime_error(to_string(client.error()));
    return std::move(*client);
  }
  UniqueFd raw() { return std::move(connect_unix(path_, 5s).value()); }

  support::TempDir dir_;
  const std::string path_ = dir_ / "control.sock";
  ReplyTo later_;
};

TEST_F(ControlServerTest, AnswersRequestsAndErrors) {
  ControlThread daemon({path_}, answer());
  auto client = connect();
  EXPECT_EQ(client.call("echo", R"({"a":[1,2]})", 5s).value(), json::parse(R"({"a":[1,2]})"));
  const auto wrong = client.call("dance", "{}", 5s);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, Errc::not_found);
  EXPECT_EQ(wrong.error().what, "dance: no such method");
  EXPECT_EQ(wrong.error().hint, "see help");
}

TEST_F(ControlServerTest, EchoesAnyKindOfIdAndToleratesNone) {
  ControlThread daemon({path_}, answer());
  LineStream stream(raw(), kLongestAnswer);
  ASSERT_TRUE(
      stream.write("{\"id\":\"x\",\"method\":\"echo\"}\n{\"method\":\"echo\"}\n"
                   "{\"id\":[1],\"method\":\"echo\",\"params\":{}}\n",
                   5s));
  EXPECT_EQ(stream.read(5s).value(), R"({"id":"x","result":{}})");
  EXPECT_EQ(stream.read(5s).value(), R"({"id":null,"result":{}})");
  EXPECT_EQ(stream.read(5s).value(), R"({"id":null,"result":{}})");
}

TEST_F(ControlServerTest, KnowsWhoIsAtTheOtherEnd) {
  ControlThread daemon({path_}, answer());
  auto client = connect();
  const json peer = client.call("whoami", "{}", 5s).value();
  EXPECT_EQ(peer["uid"], ::getuid());
  EXPECT_EQ(peer["pid"], ::getpid());
}

TEST_F(ControlServerTest, AnswersCanComeLaterAndOutOfOrder) {
  ControlThread daemon({path_}, answer());
  LineStream stream(raw(), kLongestAnswer);
  ASSERT_TRUE(stream.write(request_line(1, "later", "{}") + request_line(2, "now", "{}"), 5s));
  EXPECT_EQ(stream.read(5s).value(), R"({"id":1,"result":"late"})");
  EXPECT_EQ(stream.read(5s).value(), R"({"id":2,"result":"now"})");
}

TEST_F(ControlServerTest, KeepsEventsApartFromAnswers) {
  ControlThread daemon({path_}, answer());
  auto client = connect();
  ASSERT_TRUE(client.call("tell", "{}", 5s));
  EXPECT_EQ(client.next_event(5s).value()["kind"], "level");
  const auto none = client.next_event(0s);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Errc::timed_out);
}

TEST_F(ControlServerTest, AnswersWhoShutsTheWritingSideAndThenCloses) {
  ControlThread daemon({path_}, answer());
  UniqueFd fd = raw();
  const int raw_fd = fd.get();
  LineStream stream(std::move(fd), kLongestAnswer);
  ASSERT_TRUE(stream.write(request_line(1, "later", "{}"), 5s));
  ::shutdown(raw_fd, SHUT_WR);
  auto other = connect();
  ASSERT_TRUE(eventually(
      [&] { return other.call("now", "{}", 5s).has_value() && stream.read(10ms).has_value(); }));
  const auto end = stream.read(5s);
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, Errc::unavailable);
}

TEST_F(ControlServerTest, ReadsWhatWasSentBeforeAPeerVanished) {
  int asked = 0;
  ControlThread daemon({path_}, [&](ControlServer& server, const ReplyTo& to, const Peer&,
                                    const std::string&, const json&) {
    ++asked;
    server.reply(to, std::string("1"));
  });
  {
    LineStream stream(raw(), kLongestAnswer);
    std::string lines;
    for (int i = 0; i < 100; ++i) lines += "{\"method\":\"bye\"}\n";
    ASSERT_TRUE(stream.write(lines, 5s));
    ASSERT_TRUE(stream.read(5s));
  }
  EXPECT_TRUE(eventually([&] { return !daemon.closed().empty(); }));
  daemon.stop();
  EXPECT_EQ(asked, 100);
}

TEST_F(ControlServerTest, AnswersALongOneInFull) {
  const std::string large = '"' + std::string(5 << 20, 'x') + '"';
  ControlThread daemon({path_}, [&](ControlServer& server, const ReplyTo& to, const Peer&,
                                    const std::string&, const json&) { server.reply(to, large); });
  auto client = connect();
  EXPECT_EQ(client.call("large", "{}", 20s).value().get_ref<const std::string&>().size(), 5 << 20);
}

TEST_F(ControlServerTest, ReplacesTheSocketOfADaemonThatWasKilled) {
  { UniqueFd left = std::move(listen_unix(path_).value()); }
  ASSERT_TRUE(std::filesystem::exists(path_));
  ControlThread daemon({path_}, answer());
  EXPECT_TRUE(connect().call("echo", "{}", 5s));
}

TEST_F(ControlServerTest, RefusesWhereADaemonIsAlive) {
  ControlThread daemon({path_}, answer());
  const auto second = listen_unix(path_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::refused);
  EXPECT_TRUE(connect().call("echo", "{}", 5s)) << "the first one goes on";
}

TEST_F(ControlServerTest, RefusesToReplaceWhatIsNoSocket) {
  dir_.write("control.sock", "dear diary");
  const auto opened = listen_unix(path_);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::refused);
  EXPECT_EQ(dir_.read("control.sock"), "dear diary");
}

TEST_F(ControlServerTest, AnyLocalUserMayConnectAndTheSocketGoesWithTheDaemon) {
  {
    ControlThread daemon({path_}, answer());
    struct stat made {};
    ASSERT_EQ(::stat(path_.c_str(), &made), 0);
    EXPECT_EQ(made.st_mode & 0777, 0666);
  }
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(ControlServerTest, LeavesAlonesASuccessorsSocket) {
  {
    ControlThread daemon({path_}, answer());
    std::filesystem::remove(path_);
    dir_.write("control.sock", "somebody else's");
  }
  EXPECT_EQ(dir_.read("control.sock"), "somebody else's");
}

TEST_F(ControlServerTest, SaysOfEverySocketWhyNobodyAnswers) {
  const auto client = ControlClient::connect({dir_ / "a.sock", dir_ / "b.sock"}, 1s);
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, Errc::not_found);
  EXPECT_NE(client.error().what.find("a.sock"), std::string::npos);
  EXPECT_NE(client.error().what.find("b.sock"), std::string::npos);
  EXPECT_FALSE(client.error().hint.empty());
}

TEST_F(ControlServerTest, TheSecondSocketServesWhenTheFirstIsNotThere) {
  ControlThread daemon({path_}, answer());
  const auto client = ControlClient::connect({dir_ / "absent.sock", path_}, 5s);
  ASSERT_TRUE(client);
  EXPECT_EQ(client->path(), path_);
}

TEST_F(ControlServerTest, AClientGivesUpInTime) {
  ControlThread daemon({path_}, answer());
  const auto silence = connect().call("later", "{}", 20ms);
  ASSERT_FALSE(silence);
  EXPECT_EQ(silence.error().code, Errc::timed_out);
}

TEST_F(ControlServerTest, TellsItsClientsThatTheDaemonIsGone) {
  auto daemon = std::make_unique<ControlThread>(ControlServerOptions{path_}, answer());
  auto client = connect();
  ASSERT_TRUE(client.call("echo", "{}", 5s));
  daemon.reset();
  const auto gone = client.call("echo", "{}", 5s);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, Errc::unavailable);
}

TEST_F(ControlServerTest, HelloRefusesAnotherProtocol) {
  ControlThread daemon({path_},
                       [](ControlServer& server, const ReplyTo& to, const Peer&, const std::string&,
                          const json&) { server.reply(to, std::string(R"({"protocol":99})")); });
  const auto greeted = connect().hello("test", 5s);
  ASSERT_FALSE(greeted);
  EXPECT_EQ(greeted.error().code, Errc::unsupported);
}

}  // namespace
}  // namespace spillway
