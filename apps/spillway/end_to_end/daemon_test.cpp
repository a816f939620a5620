#include "end_to_end/daemon.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <thread>

#include "json/codec.h"
#include "model/tenant.h"
#include "wire/guest_session.h"

// The program against a real spillwayd.

namespace spillway {
namespace {

using nlohmann::json;
using support::Daemon;
using support::eventually;
using support::How;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// A program with one model of 200 MiB in injected:room that does what it is asked.
class Guest {
 public:
  explicit Guest(Daemon& daemon) : daemon_(daemon) {
    GuestCallbacks callbacks;
    callbacks.on_ask = [this](const Ask& ask) { answer(ask); };
    auto session = GuestSession::open({daemon.socket()}, "test", std::move(callbacks), 5s);
    if (!session) throw std::runtime_error(to_string(session.error()));
    session_ = std::move(*session);
    Tenant stt;
    stt.id = {"stt"};
    stt.abilities = {.trim = true, .offload = true, .restore = true};
    stt.variants = {{"full", {{{"injected:room"}, 200_MiB}}}, {"cpu", {}}};
    stt.variant = "full";
    stt.holds = stt.variants[0].bytes;
    stt.trimmable = 50_MiB;
    const auto added = session_->call("tenant.register", R"({"tenant":)" + to_text(stt) + "}", 5s);
    if (!added) throw std::runtime_error(to_string(added.error()));
    ready_ = true;
  }

 private:
  void answer(const Ask& ask) {
    while (!ready_) std::this_thread::yield();
    GuestReply reply;
    if (ask.request.verb == "trim") reply.changes = {{"injected:room", -50_MiB}};
    if (ask.request.verb == "offload") {
      reply.changes = {{"injected:room", -200_MiB}};
      reply.detail = "cpu";
    }
    if (ask.request.verb == "restore") {
      reply.changes = {{"injected:room", 200_MiB}};
      reply.detail = "full";
    }
    for (const auto& [pool, delta] : reply.changes) used_ += delta.count;
    daemon_.press(used_);
    session_->answer(ask.id, reply);
  }

  Daemon& daemon_;
  std::int64_t used_ = 500 << 20;
  std::atomic<bool> ready_{false};
  std::unique_ptr<GuestSession> session_;
};

TEST(WithDaemon, StatusComesFromIt) {
  const Daemon daemon;
  const auto ran = daemon.spillway({"status"});
  EXPECT_THAT(ran.code, testing::AnyOf(0, 6)) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("\ninjected:room "));
  EXPECT_THAT(ran.out, HasSubstr("\ntenants "));
  EXPECT_TRUE(ran.err.empty()) << ran.err;
  EXPECT_EQ(json::parse(daemon.spillway({"status", "--json"}).out)["source"], "daemon");
  EXPECT_THAT(daemon.spillway({"status", "-v"}).out, HasSubstr("ABLE TO"));
}

TEST(WithDaemon, PsListsTheTenants) {
  Daemon daemon;
  EXPECT_EQ(daemon.spillway({"ps"}).out, "no tenants\n");
  const Guest guest(daemon);
  const auto ran = daemon.spillway({"ps"});
  EXPECT_THAT(ran.out, StartsWith("TENANT "));
  EXPECT_THAT(ran.out, HasSubstr("\nstt "));
  EXPECT_THAT(ran.out, HasSubstr("trim 50 MiB, offload"));
  const json tenants = json::parse(daemon.spillway({"ps", "--json"}).out)["tenants"];
  EXPECT_EQ(tenants[0]["tenant"], "stt");
  EXPECT_THAT(daemon.spillway({"ps", "--all"}).out, HasSubstr("no tenant"));
}

TEST(WithDaemon, OffloadAndRestoreMoveATenantThereAndBack) {
  Daemon daemon;
  const Guest guest(daemon);
  const auto away = daemon.spillway({"offload", "stt"});
  EXPECT_EQ(away.code, 0) << away.out << away.err;
  EXPECT_THAT(daemon.spillway({"ps"}).out, HasSubstr("offloaded to cpu"));
  EXPECT_THAT(daemon.spillway({"status"}).out, HasSubstr("1 away: stt offloaded to cpu"));
  const auto back = daemon.spillway({"restore", "stt", "--json"});
  EXPECT_EQ(back.code, 0) << back.out << back.err;
  EXPECT_EQ(json::parse(back.out)["schema"], "spillway.demand/1");
  EXPECT_THAT(daemon.spillway({"ps"}).out, HasSubstr("resident"));
}

TEST(WithDaemon, FreeSaysWhatItWouldDoThenDoesItAndRefusesWhatCannotBe) {
  Daemon daemon;
  daemon.press(500 << 20);
  const Guest guest(daemon);
  const std::vector<std::string> little{"free", "--pool", "injected:room", "--bytes", "40MiB"};
  auto dry = little;
  dry.push_back("--dry-run");
  const auto planned = daemon.spillway(dry);
  EXPECT_EQ(planned.code, 4) << planned.out << planned.err;
  EXPECT_THAT(planned.out, HasSubstr("trim stt"));
  const auto freed = daemon.spillway(little);
  EXPECT_EQ(freed.code, 0) << freed.out << freed.err;
  EXPECT_THAT(freed.out, HasSubstr("trim stt"));
  EXPECT_THAT(freed.out, HasSubstr("50 MiB"));
  const auto refused = daemon.spillway({"free", "--pool", "injected:room", "--bytes", "900GiB"});
  EXPECT_EQ(refused.code, 3) << refused.out << refused.err;
  EXPECT_EQ(daemon.spillway({"free", "--pool", "nowhere", "--bytes", "1"}).code, 1);
}

TEST(WithDaemon, NothingIsTakenFromWhatIsPinned) {
  Daemon daemon;
  const Guest guest(daemon);
  EXPECT_EQ(daemon.spillway({"pin", "stt"}).code, 0);
  EXPECT_THAT(daemon.spillway({"ps"}).out, HasSubstr("nothing: pinned"));
  const auto refused = daemon.spillway({"offload", "stt"});
  EXPECT_EQ(refused.code, 3) << refused.out;
  EXPECT_THAT(refused.out, HasSubstr("pinned"));
  EXPECT_EQ(daemon.spillway({"unpin", "stt"}).code, 0);
  EXPECT_EQ(daemon.spillway({"offload", "stt"}).code, 0);
}

TEST(WithDaemon, WhyExplainsWhatWasDoneAndTheJournalStillDoesAfterwards) {
  Daemon daemon;
  {
    const Guest guest(daemon);
    ASSERT_EQ(daemon.spillway({"offload", "stt"}).code, 0);
    const auto ran = daemon.spillway({"why", "stt"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("offload"));
    EXPECT_EQ(json::parse(daemon.spillway({"why", "--json"}).out)["schema"], "spillway.why/1");
    EXPECT_EQ(daemon.spillway({"why", "nobody-of-that-name"}).code, 1);
  }
  daemon.stop();
  const auto later = daemon.spillway({"why", "stt", "--journal", daemon.journal()});
  EXPECT_EQ(later.code, 0) << later.err;
  EXPECT_THAT(later.out, HasSubstr("offload"));
}

TEST(WithDaemon, ItsJournalReplays) {
  // By rules that are not the default ones: those it ran by are in the journal.
  Daemon daemon("[pools.\"injected:room\"]\nwarning = \"40%\"\n");
  {
    const Guest guest(daemon);
    ASSERT_EQ(daemon.spillway({"offload", "stt"}).code, 0);
    daemon.press(450 << 20);
    ASSERT_TRUE(eventually(
        [&] { return daemon.spillway({"status"}).out.find("warning") != std::string::npos; }));
  }
  daemon.stop();
  const auto ran = daemon.spillway({"replay", daemon.journal(), "--json"});
  const json result = json::parse(ran.out);
  EXPECT_GT(result["looks"], 0);
  EXPECT_TRUE(result["differences"].empty()) << ran.out;
  EXPECT_EQ(ran.code, 0);
}

TEST(WithDaemon, RunMakesTheCommandATenant) {
  const Daemon daemon;
  const auto ran = daemon.spillway({"run", "--name", "job", "--priority", "7", "--", "sh", "-c",
                                    SPILLWAY_BINARY_DIR "/spillway ps --json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const json tenants = json::parse(ran.out)["tenants"];
  ASSERT_EQ(tenants.size(), 1) << ran.out;
  EXPECT_EQ(tenants[0]["tenant"], "job");
  EXPECT_EQ(tenants[0]["priority"], 7);
  EXPECT_GT(tenants[0]["pid"], 0);
  EXPECT_TRUE(eventually([&] { return daemon.spillway({"ps"}).out == "no tenants\n"; }));
}

TEST(WithDaemon, RunComesBackToADaemonThatWasKilled) {
  Daemon daemon;
  support::Child run([&] {
    ::execl(SPILLWAY_BINARY_DIR "/spillway", "spillway", "--socket", daemon.socket().c_str(), "run",
            "--name", "job", "sleep", "100", nullptr);
  });
  const auto is_there = [&] {
    return daemon.spillway({"ps"}).out.find("\njob ") != std::string::npos;
  };
  ASSERT_TRUE(eventually(is_there));
  daemon.stop(SIGKILL);
  daemon.start();
  EXPECT_TRUE(eventually(is_there));
  run.kill(SIGTERM);
  EXPECT_EQ(WEXITSTATUS(run.reap()), 128 + SIGTERM);
}

TEST(WithDaemon, AStrangerReadsButDoesNotTouch) {
  if (::getuid() != 0) GTEST_SKIP() << "only root can become a stranger";
  Daemon daemon;
  const Guest guest(daemon);
  const How stranger{.uid = 65534};
  const auto refused = daemon.spillway({"offload", "stt"}, stranger);
  EXPECT_EQ(refused.code, 3) << refused.out << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("group"));
  EXPECT_EQ(daemon.spillway({"pin", "stt"}, stranger).code, 3);
  EXPECT_THAT(daemon.spillway({"status"}, stranger).code, testing::AnyOf(0, 6));
  EXPECT_THAT(daemon.spillway({"ps"}, stranger).out, HasSubstr("resident"));
}

TEST(WithDaemon, ATenantThatIsNotThereIsAFailure) {
  const Daemon daemon;
  const auto ran = daemon.spillway({"offload", "nobody"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("spillway ps"));
}

TEST(WithDaemon, DoctorTellsWhatItsGuardCanDoAndWhatIsShort) {
  Daemon daemon;
  json told = json::parse(daemon.spillway({"doctor", "--json"}).out);
  EXPECT_EQ(told["source"], "daemon");
  const auto able = [&](const char* what) {
    const auto& all = told["capabilities"];
    return std::any_of(all.begin(), all.end(),
                       [&](const json& one) { return one["name"] == what; });
  };
  EXPECT_TRUE(able("offload") && able("freeze"));
  const auto finds = [&](const char* check) {
    const auto& all = told["findings"];
    return std::any_of(all.begin(), all.end(),
                       [&](const json& one) { return one["check"] == check; });
  };
  EXPECT_FALSE(finds("memory-short"));
  daemon.press(1000 << 20);
  EXPECT_TRUE(eventually([&] {
    const auto ran = daemon.spillway({"doctor", "--json"});
    told = json::parse(ran.out);
    return ran.code == 1 && finds("memory-short");
  }));
}

TEST(WithDaemon, CheckAsksForRoomAndTellsThatNobodyHasAny) {
  Daemon daemon;
  const Guest guest(daemon);
  const std::string stack =
      daemon.dir().write("stack.toml", "[[component]]\nname = \"llm\"\nram = \"900TiB\"\n");
  const auto ran = daemon.spillway({"check", "--fix", stack});
  EXPECT_EQ(ran.code, 3) << ran.err;
  EXPECT_THAT(ran.out, StartsWith("not done"));
  EXPECT_THAT(ran.out, HasSubstr("not ready"));
}

}  // namespace
}  // namespace spillway
