// What people and programs ask of the real daemon over its socket.

#include <gtest/gtest.h>

#include <thread>

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

Error refusal(const DaemonProcess& daemon, std::string_view method, const std::string& params) {
  auto client = ControlClient::connect({daemon.socket()}, 10s);
  const auto answer = client->call(method, params, 10s);
  EXPECT_FALSE(answer) << method << " " << params << ": " << answer->dump();
  return answer ? Error{} : answer.error();
}

TEST(DaemonMethods, HelloTellsProtocolAndRights) {
  const DaemonProcess daemon;
  const json hello = daemon.call("hello", R"({"protocol":1})");
  EXPECT_EQ(hello["protocol"], 1);
  EXPECT_EQ(hello["mode"], "system");
  EXPECT_EQ(hello["operator"], true);
  EXPECT_EQ(hello["pid"], daemon.pid());
  EXPECT_EQ(refusal(daemon, "hello", R"({"protocol":2})").code, Errc::unsupported);
}

TEST(DaemonMethods, AnUnknownMethodIsAnsweredWithThoseThereAre) {
  const DaemonProcess daemon;
  const Error error = refusal(daemon, "dance", "{}");
  EXPECT_EQ(error.code, Errc::not_found);
  EXPECT_NE(error.hint.find("tenant.register"), std::string::npos);
}

TEST(DaemonMethods, StatusHasThePoolAndPsTheOwners) {
  DaemonProcess daemon;
  daemon.use(450_MiB);
  EXPECT_TRUE(soon([&] {
    const json status = daemon.call("status");
    for (const json& pool : status["pools"]) {
      if (pool["assessment"]["pool"] == kPool) {
        return pool["assessment"]["used_bytes"] == (450_MiB).count;
      }
    }
    return false;
  }));
  EXPECT_TRUE(daemon.call("status")["owners"].empty());
  EXPECT_FALSE(daemon.call("ps")["owners"].empty());
}

TEST(DaemonMethods, LevelsAreShort) {
  DaemonProcess daemon;
  daemon.use(920_MiB);
  EXPECT_TRUE(soon([&] { return daemon.call("levels")["level"] == "critical"; }));
  const json levels = daemon.call("levels");
  for (const json& pool : levels["pools"]) {
    if (pool["pool"] == kPool) {
      EXPECT_EQ(pool["level"], "critical");
    }
  }
}

TEST(DaemonMethods, SubscribersHearOfLevels) {
  DaemonProcess daemon;
  auto client = std::move(ControlClient::connect({daemon.socket()}, 10s).value());
  ASSERT_TRUE(client.call("subscribe", R"({"events":["level_changed"]})", 10s));
  daemon.use(850_MiB);
  for (;;) {
    const auto event = client.next_event(10s);
    ASSERT_TRUE(event) << to_string(event.error());
    EXPECT_EQ((*event)["kind"], "level_changed") << "nothing else was asked for";
    if ((*event)["now"]["pool"] == kPool) {
      EXPECT_EQ((*event)["now"]["level"], "warning");
      break;
    }
  }
  EXPECT_EQ(refusal(daemon, "subscribe", R"({"events":["weather"]})").code, Errc::invalid);
}

TEST(DaemonMethods, OffloadAndRestoreAnswerWithWhatWasMeasured) {
  DaemonProcess daemon;
  daemon.use(400_MiB);
  JoinedGuest stt(daemon.socket(), movable("stt", 300_MiB));
  json moved;
  std::thread person([&] { moved = daemon.call("offload", R"({"tenant":"stt"})"); });
  const auto offload = stt.asked("offload");
  EXPECT_TRUE(offload) << daemon.log();
  daemon.use(100_MiB);
  if (offload) stt.answer(*offload, kPool, -300_MiB, "cpu");
  person.join();
  EXPECT_EQ(moved["met"], true) << moved;
  EXPECT_EQ(moved["steps"].at(0)["tenant"], "stt");
  EXPECT_EQ(moved["outcomes"].at(0)["status"], "done");

  json back;
  std::thread again([&] { back = daemon.call("restore", R"({"tenant":"stt"})"); });
  const auto restore = stt.asked("restore");
  EXPECT_TRUE(restore) << daemon.log();
  daemon.use(400_MiB);
  if (restore) stt.answer(*restore, kPool, 300_MiB, "gpu");
  again.join();
  EXPECT_EQ(back["met"], true) << back;
}

TEST(DaemonMethods, FreeShowsItsPlanInADryRunAndKeepsToIt) {
  DaemonProcess daemon;
  daemon.use(400_MiB);
  JoinedGuest stt(daemon.socket(), movable("stt", 300_MiB));
  const std::string bytes = std::to_string((200_MiB).count);
  const json plan =
      daemon.call("free", R"({"pool":"injected:test","dry_run":true,"bytes":)" + bytes + "}");
  ASSERT_EQ(plan["plan"]["steps"].size(), 1) << plan;
  EXPECT_EQ(plan["plan"]["steps"][0]["tenant"], "stt");
  EXPECT_EQ(stt.open_questions(), 0);

  EXPECT_EQ(refusal(daemon, "free", R"({"pool":"injected:test"})").code, Errc::invalid);
  EXPECT_EQ(refusal(daemon, "free", R"({"pool":"attic","bytes":1})").code, Errc::not_found);
  EXPECT_EQ(refusal(daemon, "free", R"({"bytes":1,"highest":"nuke"})").code, Errc::invalid);
}

TEST(DaemonMethods, FreeThatCannotBeMetSaysWhy) {
  DaemonProcess daemon;
  const json result =
      daemon.call("free", R"({"pool":"injected:test","bytes":1048576,"within_ms":100})");
  EXPECT_EQ(result["met"], false);
  EXPECT_FALSE(result["why"].get<std::string>().empty());
}

TEST(DaemonMethods, APinnedTenantIsNotTouched) {
  DaemonProcess daemon;
  JoinedGuest stt(daemon.socket(), movable("stt", 300_MiB));
  daemon.call("pin", R"({"tenant":"stt"})");
  EXPECT_EQ(daemon.tenant("stt")["pinned"], true);
  EXPECT_EQ(daemon.call("offload", R"({"tenant":"stt"})")["met"], false);
  daemon.call("unpin", R"({"tenant":"stt"})");
  EXPECT_EQ(daemon.tenant("stt")["pinned"], false);
  EXPECT_EQ(stt.open_questions(), 0);
}

TEST(DaemonMethods, UpdateChangesWhatItNamesAndChecksIt) {
  DaemonProcess daemon;
  const JoinedGuest stt(daemon.socket(), movable("stt", 300_MiB));
  daemon.call("tenant.update", R"({"tenant":"stt","priority":7,"busy":true,"variant":"cpu",)"
                               R"("holds":[{"pool":"ram","delta_bytes":5}]})");
  const json tenant = daemon.tenant("stt");
  EXPECT_EQ(tenant["priority"], 7);
  EXPECT_EQ(tenant["busy"], true);
  EXPECT_EQ(tenant["variant"], "cpu");
  EXPECT_EQ(tenant["holds"][0]["pool"], "ram");
  EXPECT_EQ(tenant["abilities"]["offload"], true) << "not named, not changed";

  for (const char* bad :
       {R"({"tenant":"stt","priority":"high"})", R"({"tenant":"stt","holds":[{"pool":"ram"}]})",
        R"({"tenant":"stt","holds":[{"pool":"ram","delta_bytes":-5}]})", R"({"priority":1})"}) {
    EXPECT_EQ(refusal(daemon, "tenant.update", bad).code, Errc::invalid) << bad;
  }
  EXPECT_EQ(refusal(daemon, "tenant.update", R"({"tenant":"ghost"})").code, Errc::not_found);
  daemon.call("tenant.update", R"({"tenant":"stt","uid":12345,"id":"other"})");
  EXPECT_EQ(daemon.tenant("stt")["uid"], ::getuid()) << "who it is cannot be changed";
}

TEST(DaemonMethods, TouchAndUnregister) {
  DaemonProcess daemon;
  const JoinedGuest stt(daemon.socket(), movable("stt", 300_MiB));
  EXPECT_TRUE(daemon.tenant("stt")["last_used_ns"].is_null());
  daemon.call("tenant.touch", R"({"tenant":"stt","busy":true})");
  EXPECT_FALSE(daemon.tenant("stt")["last_used_ns"].is_null());
  EXPECT_EQ(daemon.tenant("stt")["busy"], true);
  daemon.call("tenant.touch", R"({"tenant":"stt","last_used_ns":1000})");
  EXPECT_EQ(daemon.tenant("stt")["last_used_ns"], 1000) << "told late, not used late";
  daemon.call("tenant.touch", R"({"tenant":"stt","last_used_ns":9000000000000000000})");
  EXPECT_LT(daemon.tenant("stt")["last_used_ns"], 9000000000000000000)
      << "nobody was used tomorrow";
  daemon.call("tenant.unregister", R"({"tenant":"stt"})");
  EXPECT_TRUE(daemon.tenant("stt").is_null());
}

TEST(DaemonMethods, ARegistrationThatMakesNoSenseIsRefused) {
  DaemonProcess daemon;
  for (const char* bad : {"{}", R"({"tenant":17})", R"({"tenant":{}})", R"({"tenant":{"id":""}})",
                          R"({"tenant":{"id":"x","process":{"pid":-4}}})",
                          R"({"tenant":{"id":"x","process":{"pid":999999999}}})",
                          R"({"tenant":{"id":"x","holds":[{"pool":"ram","delta_bytes":-1}]}})",
                          R"({"tenant":{"id":"x","abilities":{"trim":"yes"}}})"}) {
    EXPECT_EQ(refusal(daemon, "tenant.register", bad).code, Errc::invalid) << bad;
  }
  EXPECT_TRUE(daemon.call("status")["tenants"].empty());
}

TEST(DaemonMethods, WhyTellsInSentences) {
  DaemonProcess daemon;
  daemon.use(850_MiB);
  ASSERT_TRUE(soon([&] { return daemon.call("levels")["level"] == "warning"; }));
  const json why = daemon.call("why");
  EXPECT_EQ(why["schema"], "spillway.why/1");
  EXPECT_NE(why["sentences"].dump().find(kPool), std::string::npos) << why;
  EXPECT_EQ(daemon.call("why", R"({"query":"ghost"})")["found"], false);
}

}  // namespace
}  // namespace spillway
