#include "wire/guest_session.h"

#include <gtest/gtest.h>

#include <atomic>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "tests/support/child.h"
#include "tests/support/control_thread.h"
#include "tests/support/temp_dir.h"
#include "wire/control_client.h"

namespace spillway {
namespace {

using nlohmann::json;
using support::ControlThread;
using support::eventually;

TimePoint in(Duration time) { return SystemClock().now() + time; }

/// A daemon that binds whoever registers to the name it gives, and guests that join it.
class GuestSessionTest : public ::testing::Test {
 protected:
  void SetUp() override { start(); }
  void start() {
    daemon_ = std::make_unique<ControlThread>(
        ControlServerOptions{path_}, [this](ControlServer& server, const ReplyTo& to, const Peer&,
                                            const std::string& method, const json& params) {
          if (method == "hello") {
            server.reply(to, std::string(R"({"protocol":1})"));
          } else if (method == "register") {
            daemon_->link.bind(params.at("name").get<std::string>(), to.connection);
            server.reply(to, std::string("{}"));
          } else if (method == "event") {
            server.send(to.connection, "{\"event\":{\"n\":1}}\n");
            server.reply(to, std::string("{}"));
          } else if (method == "drop") {
            server.drop(to.connection, "asked for it");
          }
        });
  }
  std::unique_ptr<GuestSession> join(const std::string& name, GuestCallbacks callbacks) {
    auto session = GuestSession::open({path_}, "test", std::move(callbacks), 5s);
    if (!session) throw std::runtime_error(to_string(session.error()));
    EXPECT_TRUE((*session)->call("register", R"({"name":")" + name + "\"}", 5s));
    return std::move(*session);
  }

  support::TempDir dir_;
  const std::string path_ = dir_ / "control.sock";
  std::unique_ptr<ControlThread> daemon_;
};

TEST_F(GuestSessionTest, AnswersWhatItIsAsked) {
  std::unique_ptr<GuestSession> guest;
  guest = join("stt", {.on_ask = [&](const Ask& ask) {
                 GuestReply reply;
                 reply.changes = {{"ram", -ask.request.bytes}};
                 reply.detail = ask.request.verb;
                 guest->answer(ask.id, reply);
               }});
  const auto reply = daemon_->link.ask({"stt", "offload", "cpu", Bytes{42}, "because"}, in(10s));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->changes.at(0).second, Bytes{-42});
  EXPECT_EQ(reply->detail, "offload");
}

TEST_F(GuestSessionTest, CarriesTheGuestsRefusal) {
  std::unique_ptr<GuestSession> guest;
  guest = join("stt", {.on_ask = [&](const Ask& ask) {
                 guest->answer(ask.id, fail(Errc::refused, "a request is running"));
               }});
  const auto reply = daemon_->link.ask({"stt", "trim"}, in(10s));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Errc::refused);
}

TEST_F(GuestSessionTest, AsksManyAtOnceAndKeepsTheAnswersApart) {
  std::vector<std::unique_ptr<GuestSession>> guests(10);
  std::mutex mutex;
  std::vector<std::pair<std::size_t, Ask>> asked;
  for (std::size_t i = 0; i < guests.size(); ++i) {
    guests[i] = join("t" + std::to_string(i), {.on_ask = [&, i](const Ask& ask) {
                       const std::lock_guard lock(mutex);
                       asked.emplace_back(i, ask);
                     }});
  }
  std::vector<std::thread> askers;
  std::atomic<int> right = 0;
  for (std::size_t i = 0; i < guests.size(); ++i) {
    askers.emplace_back([&, i] {
      const std::string name = "t" + std::to_string(i);
      const auto reply = daemon_->link.ask({name, "trim"}, in(20s));
      if (reply && reply->detail == name) ++right;
    });
  }
  EXPECT_TRUE(eventually([&] {
    const std::lock_guard lock(mutex);
    return asked.size() == guests.size();
  })) << "all are asked before the first has answered";
  for (auto it = asked.rbegin(); it != asked.rend(); ++it) {
    GuestReply reply;
    reply.detail = it->second.request.tenant;
    guests[it->first]->answer(it->second.id, reply);
  }
  for (auto& asker : askers) asker.join();
  EXPECT_EQ(right, 10);
}

TEST_F(GuestSessionTest, ASilentGuestCostsItsDeadlineAndNoMore) {
  const auto guest = join("stt", {});
  const auto reply = daemon_->link.ask({"stt", "trim"}, in(20ms));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Errc::timed_out);
}

TEST_F(GuestSessionTest, AGuestThatVanishesWhileAskedIsUnavailable) {
  std::atomic<bool> asked = false;
  auto guest = join("stt", {.on_ask = [&](const Ask&) { asked = true; }});
  std::thread leaver([&] {
    EXPECT_TRUE(eventually([&] { return asked.load(); }));
    guest.reset();
  });
  const auto reply = daemon_->link.ask({"stt", "offload"}, in(20s));
  leaver.join();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Errc::unavailable);
}

TEST_F(GuestSessionTest, NobodyBoundIsUnavailableAtOnce) {
  const auto reply = daemon_->link.ask({"ghost", "trim"}, in(20s));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Errc::unavailable);
}

TEST_F(GuestSessionTest, AnotherConnectionCannotAnswerForIt) {
  std::unique_ptr<GuestSession> liar, guest;  // the guest ends first: its callback uses the liar
  liar = join("liar", {});
  guest = join("stt", {.on_ask = [&](const Ask& ask) {
                 GuestReply lie;
                 lie.changes = {{"ram", Bytes{-1'000'000}}};
                 liar->answer(ask.id, lie);
               }});
  const auto reply = daemon_->link.ask({"stt", "trim"}, in(100ms));
  ASSERT_FALSE(reply) << "the lie was believed";
  EXPECT_EQ(reply.error().code, Errc::timed_out);
}

TEST_F(GuestSessionTest, TellsItsOwnerOfEventsAndOfTheDaemonsEnd) {
  std::atomic<int> events = 0, lost = 0;
  const auto guest = join("stt", {.on_event = [&](const json&) { ++events; },
                                  .on_lost = [&](const Error&) { ++lost; }});
  ASSERT_TRUE(guest->call("event", "{}", 5s));
  EXPECT_EQ(events, 1);
  EXPECT_TRUE(guest->alive());
  daemon_.reset();
  EXPECT_TRUE(eventually([&] { return lost == 1; }));
  EXPECT_FALSE(guest->alive());
  EXPECT_EQ(guest->call("event", "{}", 5s).error().code, Errc::unavailable);
}

TEST_F(GuestSessionTest, AnOpenCallEndsWhenTheConnectionDoes) {
  const auto guest = join("stt", {});
  const auto call = guest->call("drop", "{}", 20s);
  ASSERT_FALSE(call);
  EXPECT_EQ(call.error().code, Errc::unavailable);
}

TEST_F(GuestSessionTest, MayBeDestroyedInItsOwnCallback) {
  std::unique_ptr<GuestSession> guest;
  std::atomic<bool> destroyed = false;
  guest = join("stt", {.on_ask =
                           [&](const Ask&) {
                             guest.reset();
                             destroyed = true;
                           },
                       .on_lost = [](const Error&) { FAIL() << "told after its end"; }});
  const auto reply = daemon_->link.ask({"stt", "trim"}, in(20s));
  EXPECT_EQ(reply.error().code, Errc::unavailable);
  EXPECT_TRUE(eventually([&] { return destroyed.load(); }));
}

TEST_F(GuestSessionTest, JoinsAgainAfterTheDaemonCameBack) {
  auto guest = join("stt", {});
  daemon_.reset();
  start();
  std::unique_ptr<GuestSession> again;
  again = join("stt", {.on_ask = [&](const Ask& ask) { again->answer(ask.id, GuestReply{}); }});
  EXPECT_TRUE(daemon_->link.ask({"stt", "trim"}, in(10s)));
}

}  // namespace
}  // namespace spillway
