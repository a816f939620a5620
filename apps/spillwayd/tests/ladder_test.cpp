// The real daemon takes from a program what is short and gives it back, and loses nothing when
// either of the two is killed in between.

#include <gtest/gtest.h>

#include "tests/support/daemon_process.h"
#include "tests/support/joined_guest.h"

namespace spillway {
namespace {

using nlohmann::json;
using support::DaemonProcess;
using support::JoinedGuest;
using support::movable;
using support::soon;

constexpr const char* kPool = "injected:test";

/// Until it knows nothing that was taken from the tenant.
bool is_back(const DaemonProcess& daemon, const std::string& id) {
  return soon([&] { return daemon.tenant(id).value("taken", json::array()).empty(); });
}

TEST(DaemonLadder, OffloadsWhatIsShortAndRestoresItWhenThereIsRoom) {
  DaemonProcess daemon;
  JoinedGuest stt(daemon.socket(), movable("stt", 300_MiB));
  EXPECT_EQ(daemon.tenant("stt")["taken"], json::array());

  daemon.use(960_MiB);
  const auto offload = stt.asked("offload");
  ASSERT_TRUE(offload) << daemon.log();
  EXPECT_EQ(offload->request.tenant, "stt");
  EXPECT_EQ(offload->request.detail, "cpu");
  EXPECT_GT(offload->within, 0s);
  daemon.use(200_MiB);
  stt.answer(*offload, kPool, -300_MiB, "cpu");

  const auto restore = stt.asked("restore");
  ASSERT_TRUE(restore) << daemon.log();
  EXPECT_EQ(restore->request.detail, "gpu");
  daemon.use(500_MiB);
  stt.answer(*restore, kPool, 300_MiB, "gpu");
  EXPECT_TRUE(is_back(daemon, "stt")) << daemon.tenant("stt");
  EXPECT_NE(daemon.log().find("offload stt"), std::string::npos) << daemon.log();
  EXPECT_EQ(daemon.call("status")["counters"]["kills"], 0);
}

TEST(DaemonLadder, ADryRunAsksNobody) {
  DaemonProcess daemon({"--dry-run"});
  JoinedGuest stt(daemon.socket(), movable("stt", 300_MiB));
  daemon.use(960_MiB);
  EXPECT_TRUE(soon([&] { return daemon.log().find("offload stt") != std::string::npos; }))
      << daemon.log();
  EXPECT_EQ(stt.open_questions(), 0);
}

TEST(DaemonLadder, KilledWhileItAsksItFindsItsTenantsOffloadedAfterwards) {
  DaemonProcess daemon;
  auto stt = std::make_unique<JoinedGuest>(daemon.socket(), movable("stt", 300_MiB));
  daemon.use(960_MiB);
  ASSERT_TRUE(stt->asked("offload")) << daemon.log();
  daemon.stop(SIGKILL);
  EXPECT_TRUE(soon([&] { return stt->lost(); }));

  // The program has moved meanwhile, joins again, and says so.
  daemon.use(700_MiB);
  daemon.start();
  Tenant moved = movable("stt", 300_MiB);
  moved.variant = "cpu";
  moved.holds.clear();
  moved.taken = {{Rung::offload, "offload", "cpu", {{PoolId{kPool}, -300_MiB}}, {}}};
  stt = std::make_unique<JoinedGuest>(daemon.socket(), moved);
  EXPECT_EQ(stt->id(), "stt");
  EXPECT_EQ(daemon.tenant("stt")["taken"].at(0)["rung"], "offload");

  daemon.use(100_MiB);
  const auto restore = stt->asked("restore");
  ASSERT_TRUE(restore) << daemon.log();
  stt->answer(*restore, kPool, 300_MiB, "gpu");
  EXPECT_TRUE(is_back(daemon, "stt")) << daemon.tenant("stt");
}

TEST(DaemonLadder, AProgramKilledWhileItIsAskedCostsNothingAndTheNextOneIsAsked) {
  DaemonProcess daemon;
  // The lower priority is asked first, and never answers.
  const support::Child victim([&] {
    Tenant tenant = movable("a-victim", 300_MiB);
    tenant.priority = -1;
    const JoinedGuest guest(daemon.socket(), tenant);
    support::Child::sleep_forever();
  });
  ASSERT_TRUE(soon([&] { return !daemon.tenant("a-victim").is_null(); }));
  JoinedGuest next(daemon.socket(), movable("b-next", 300_MiB));
  daemon.use(960_MiB);
  ASSERT_TRUE(soon([&] {
    const json running = daemon.call("status")["running"];
    return !running.empty() && running[0]["tenant"] == "a-victim";
  })) << daemon.log();
  victim.kill(SIGKILL);

  const auto offload = next.asked("offload");
  ASSERT_TRUE(offload) << daemon.log();
  daemon.use(600_MiB);
  next.answer(*offload, kPool, -300_MiB, "cpu");
  EXPECT_TRUE(soon([&] { return daemon.tenant("a-victim").is_null(); }));
}

TEST(DaemonLadder, AProgramThatComesBackIsWhoItWas) {
  DaemonProcess daemon;
  auto stt = std::make_unique<JoinedGuest>(daemon.socket(), movable("stt", 300_MiB));
  daemon.use(960_MiB);
  const auto offload = stt->asked("offload");
  ASSERT_TRUE(offload);
  daemon.use(700_MiB);
  stt->answer(*offload, kPool, -300_MiB, "cpu");
  ASSERT_TRUE(soon([&] { return !daemon.tenant("stt")["taken"].empty(); }));

  stt.reset();  // the connection, not the process
  EXPECT_TRUE(soon([&] { return daemon.tenant("stt")["connected"] == false; }));
  stt = std::make_unique<JoinedGuest>(daemon.socket(), movable("stt", 300_MiB));
  EXPECT_EQ(stt->id(), "stt");
  EXPECT_EQ(daemon.tenant("stt")["connected"], true);
  EXPECT_EQ(daemon.tenant("stt")["taken"].at(0)["rung"], "offload");
}

TEST(DaemonLadder, AConnectionThatReplacesAnotherOfItsProcessTakesItsTenantOver) {
  DaemonProcess daemon;
  const JoinedGuest old(daemon.socket(), movable("stt", 300_MiB));
  const JoinedGuest other(daemon.socket(), movable("stt", 300_MiB));
  EXPECT_EQ(other.id(), "stt") << "its own process, not another program of that name";
  EXPECT_EQ(daemon.call("status")["tenants"].size(), 1);
}

TEST(DaemonLadder, TwoHundredProgramsRegisterAndVanish) {
  DaemonProcess daemon;
  const JoinedGuest stays(daemon.socket(), movable("stays", 1_MiB));
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  {
    const support::Child crowd([&] {
      std::vector<ControlClient> clients;
      for (int i = 0; i < 200; ++i) {
        auto client = ControlClient::connect({daemon.socket()}, 60s);
        const std::string tenant = to_text(movable("t" + std::to_string(i), 1_MiB));
        if (!client || !client->call("tenant.register", R"({"tenant":)" + tenant + "}", 60s)) {
          return;
        }
        clients.push_back(std::move(*client));
      }
      if (::write(ends[1], "", 1) == 1) support::Child::sleep_forever();
    });
    ::close(ends[1]);
    char all_there = 1;
    EXPECT_EQ(::read(ends[0], &all_there, 1), 1) << "registering failed";
    EXPECT_EQ(daemon.call("status")["tenants"].size(), 201);
  }
  ::close(ends[0]);
  EXPECT_TRUE(soon([&] { return daemon.call("status")["tenants"].size() == 1; }));
  EXPECT_EQ(daemon.tenant("stays")["connected"], true);
}

}  // namespace
}  // namespace spillway
