#include "capi/joined.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

#include "capi/manager.h"
#include "capi/reply.h"
#include "json/codec.h"
#include "tests/support/child.h"
#include "tests/support/control_thread.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_dir.h"
#include "wire/protocol.h"

namespace spillway {
namespace {

using nlohmann::json;
using support::eventually;

/// As much of spillwayd as a library talks to: what it is asked is written down, what it answers is
/// set by the test, and its questions go to the real tenants.
class Daemon {
 public:
  explicit Daemon(const std::string& path)
      : server_({.path = path}, [this](ControlServer& server, const ReplyTo& to, const Peer&,
                                       const std::string& method, const json& params) {
          server.reply(to, answer(to, method, params));
        }) {
    status.source = "daemon";
    status.version = "9";
  }

  Result<GuestReply> ask(const GuestRequest& request) {
    return server_.link.ask(request, SystemClock().now() + 10s);
  }
  void raise(Level level) {
    {
      const std::lock_guard lock(mutex_);
      status.level = level;
      for (PoolStatus& pool : status.pools) pool.assessment.level = level;
    }
    const std::string line = event_line(R"({"kind":"level_changed"})");
    server_.on_loop([this, line](ControlServer& server) { server.send(connection_, line); });
  }
  std::vector<json> calls(const std::string& method) {
    const std::lock_guard lock(mutex_);
    std::vector<json> out;
    for (const auto& [called, params] : calls_) {
      if (called == method) out.push_back(params);
    }
    return out;
  }
  void set_pool(const std::string& id, Bytes used, Bytes total) {
    const std::lock_guard lock(mutex_);
    PoolStatus pool;
    pool.assessment.pool = PoolId{id};
    pool.assessment.used = used;
    pool.assessment.total = total;
    pool.assessment.free = total - used;
    pool.assessment.room = total - used;
    status.pools.push_back(pool);
  }

  StatusReport status;
  json measure = {{"met", true}, {"freed_bytes", 0}, {"why", ""}};

 private:
  Result<std::string> answer(const ReplyTo& to, const std::string& method, const json& params) {
    const std::lock_guard lock(mutex_);
    calls_.emplace_back(method, params);
    connection_ = to.connection;
    if (method == "hello") return json{{"protocol", kProtocol}, {"mode", "user"}}.dump();
    if (method == "status") return to_text(status);
    if (method == "tenant.register") {
      const std::string id = params["tenant"]["id"].get<std::string>() + "#7";
      server_.link.bind(id, to.connection);
      return json{{"tenant", id}, {"taken", 0}}.dump();
    }
    const bool measures = method == "offload" || method == "restore" || method == "free";
    return measures ? measure.dump() : "{}";
  }

  std::mutex mutex_;
  std::vector<std::pair<std::string, json>> calls_;
  ConnectionId connection_ = 0;
  support::ControlThread server_;
};

class JoinedTest : public testing::Test {
 protected:
  std::shared_ptr<Manager> make(const Clock& clock) {
    ManagerOptions options;
    options.program = "test";
    options.socket = socket_;
    options.state_dir = directory_ / "state";
    options.builtin_trims = false;
    auto manager = Manager::create(std::move(options), clock);
    EXPECT_TRUE(manager);
    return *manager;
  }

  std::shared_ptr<Guest> add(Manager& manager, std::string name) {
    TenantSpec spec;
    spec.name = std::move(name);
    spec.pool = "vram:GPU-1";
    spec.variants = {{"fp16", {{PoolId{}, 2_GiB}}}, {"cpu", {}}};
    spec.priority = 5;
    spec.callbacks = std::make_unique<TenantCallbacks>();
    const auto fine = [](void*, const spillway_ask*, spillway_reply*) { return 0; };
    spec.callbacks->trim = spec.callbacks->offload = spec.callbacks->restore = fine;
    auto guest = manager.add(std::move(spec));
    EXPECT_TRUE(guest);
    return *guest;
  }

  support::TempDir directory_;
  const std::string socket_ = directory_ / "control.sock";
  const SystemClock clock_;
};

TEST_F(JoinedTest, RegistersItsTenantsWithWhatTheyHoldAndCanDo) {
  Daemon daemon(socket_);
  const auto manager = make(clock_);
  const auto guest = add(*manager, "stt");
  ASSERT_TRUE(manager->step());
  const auto registered = daemon.calls("tenant.register");
  ASSERT_EQ(registered.size(), 1);
  const json& tenant = registered[0]["tenant"];
  EXPECT_EQ(tenant["id"], "stt");
  EXPECT_EQ(tenant["priority"], 5);
  EXPECT_EQ(tenant["variant"], "fp16");
  EXPECT_EQ(tenant["abilities"]["offload"], true);
  EXPECT_EQ(tenant["abilities"]["unload"], false);
  EXPECT_EQ(tenant["holds"][0]["delta_bytes"], (2_GiB).count);
  EXPECT_EQ(manager->picture().report.source, "daemon");
  manager->close();
}

TEST_F(JoinedTest, AnswersTheDaemonsQuestionsByItsCallbacks) {
  Daemon daemon(socket_);
  const auto manager = make(clock_);
  const auto guest = add(*manager, "stt");
  ASSERT_TRUE(manager->step());
  const auto reply =
      daemon.ask({.tenant = "stt#7", .verb = "offload", .detail = "cpu", .reason = "short"});
  ASSERT_TRUE(reply) << to_string(reply.error());
  EXPECT_EQ(reply->detail, "cpu");
  EXPECT_EQ(guest->state().place, "cpu");
  guest->set_bytes(kRam, 3_GiB);
  ASSERT_TRUE(
      eventually([&] { return manager->step() && !daemon.calls("tenant.update").empty(); }));
  EXPECT_FALSE(daemon.calls("tenant.update")[0].contains("taken")) << "it knows from the answer";
  const auto unknown = daemon.ask({.tenant = "stt#7", .verb = "unload"});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, Errc::unavailable);
  manager->close();
}

TEST_F(JoinedTest, TellsWhatChangesByItself) {
  Daemon daemon(socket_);
  const auto manager = make(clock_);
  const auto guest = add(*manager, "stt");
  ASSERT_TRUE(manager->step());
  guest->set_bytes(PoolId{"vram:GPU-1"}, 3_GiB);
  ASSERT_TRUE(manager->set_pinned("stt", true));
  ASSERT_TRUE(manager->step());
  const auto updates = daemon.calls("tenant.update");
  ASSERT_EQ(updates.size(), 1);
  EXPECT_EQ(updates[0]["tenant"], "stt#7");
  EXPECT_EQ(updates[0]["holds"][0]["delta_bytes"], (3_GiB).count);
  EXPECT_FALSE(updates[0].contains("priority")) << "only what is new";
  EXPECT_EQ(daemon.calls("pin").size(), 1);
  manager->remove(guest);
  EXPECT_EQ(daemon.calls("tenant.unregister").size(), 1);
  manager->close();
}

TEST_F(JoinedTest, LevelsComeAsEvents) {
  Daemon daemon(socket_);
  daemon.set_pool("ram", 9_GiB, 10_GiB);
  const auto manager = make(clock_);
  ASSERT_TRUE(manager->step());
  EXPECT_EQ(manager->level(), Level::normal);
  daemon.raise(Level::critical);
  EXPECT_TRUE(eventually([&] { return manager->step() && manager->level() == Level::critical; }));
  EXPECT_EQ(manager->level_of("ram"), Level::critical);
  manager->close();
}

TEST_F(JoinedTest, MakesRoomThroughTheDaemon) {
  Daemon daemon(socket_);
  daemon.set_pool("vram:GPU-1", 9_GiB, 10_GiB);
  const auto manager = make(clock_);
  const auto guest = add(*manager, "stt");
  ASSERT_TRUE(manager->start());
  const auto moved = manager->offload("stt", 10s);
  ASSERT_TRUE(moved) << to_string(moved.error());
  ASSERT_EQ(daemon.calls("offload").size(), 1);
  EXPECT_EQ(daemon.calls("offload")[0]["tenant"], "stt#7");
  daemon.measure = {{"met", false}, {"freed_bytes", 1000}, {"why", "nothing is left to take"}};
  const auto refused = manager->restore_all(10s);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::refused);
  EXPECT_NE(refused.error().what.find("nothing is left"), std::string::npos);
  EXPECT_EQ(manager->handle_error(*guest, nullptr, "CUDA out of memory. Tried to allocate 2.00 GiB",
                                  SPILLWAY_ERROR_CLASSIFY),
            SPILLWAY_RETRY);
  const auto free = daemon.calls("free");
  ASSERT_EQ(free.size(), 1);
  EXPECT_EQ(free[0]["pool"], "vram:GPU-1");
  EXPECT_EQ(free[0]["asker"], "stt#7");
  EXPECT_EQ(free[0]["bytes"], (1_GiB).count) << "what is wanted beyond what is free";
  manager->close();
}

TEST_F(JoinedTest, GoesOnAloneWhenTheDaemonDiesAndComesBackWithWhatWasTaken) {
  support::FakeClock clock;
  auto daemon = std::make_unique<Daemon>(socket_);
  const auto manager = make(clock);
  const auto guest = add(*manager, "stt");
  ASSERT_TRUE(manager->step());
  ASSERT_TRUE(daemon->ask({.tenant = "stt#7", .verb = "offload", .detail = "cpu"}));
  daemon.reset();
  ASSERT_TRUE(eventually(
      [&] { return manager->step() && manager->picture().report.source == "embedded"; }));
  const auto alone = manager->picture();
  ASSERT_EQ(alone.report.tenants.size(), 1);
  EXPECT_EQ(alone.report.tenants[0].variant, "cpu");
  ASSERT_EQ(alone.report.tenants[0].taken.size(), 1);
  EXPECT_EQ(alone.report.tenants[0].taken[0].rung, Rung::offload);

  Daemon again(socket_);
  ASSERT_TRUE(manager->step());
  EXPECT_TRUE(again.calls("hello").empty()) << "not at every look";
  clock.advance(5s);
  ASSERT_TRUE(manager->step());
  const auto registered = again.calls("tenant.register");
  ASSERT_EQ(registered.size(), 1);
  EXPECT_EQ(registered[0]["tenant"]["variant"], "cpu");
  EXPECT_EQ(registered[0]["tenant"]["taken"][0]["rung"], "offload");
  manager->close();
}

TEST_F(JoinedTest, WithoutADaemonItGuardsAlone) {
  const auto manager = make(clock_);
  ASSERT_TRUE(manager->step());
  EXPECT_EQ(manager->picture().report.source, "embedded");
  manager->close();
}

}  // namespace
}  // namespace spillway
