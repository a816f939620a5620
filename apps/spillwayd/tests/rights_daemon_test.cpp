// A stranger at the real daemon's socket: may look and may register what is theirs, nothing else.

#include <gtest/gtest.h>

#include "tests/support/daemon_process.h"
#include "tests/support/joined_guest.h"

namespace spillway {
namespace {

using nlohmann::json;
using support::Child;
using support::DaemonProcess;
using support::JoinedGuest;
using support::movable;
using support::soon;

constexpr uid_t kNobody = 65534;

/// Runs `work` as another user, with the temporary directory open to it, and returns what it says.
class Stranger : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::getuid() != 0) GTEST_SKIP() << "needs root to become another user";
    std::filesystem::permissions(daemon_.dir().path(), std::filesystem::perms(0755));
  }
  std::string as_nobody(const std::function<std::string(ControlClient&)>& work) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    std::string said;
    {
      Child child([&] {
        std::string text = "could not become nobody";
        if (::setgid(kNobody) == 0 && ::setuid(kNobody) == 0) {
          auto client = ControlClient::connect({daemon_.socket()}, 10s);
          text = client ? work(*client) : to_string(client.error());
        }
        [[maybe_unused]] const ssize_t put = ::write(ends[1], text.data(), text.size());
      });
      ::close(ends[1]);
      char chunk[4096];
      for (ssize_t got = 0; (got = ::read(ends[0], chunk, sizeof chunk)) > 0;) {
        said.append(chunk, static_cast<std::size_t>(got));
      }
      ::close(ends[0]);
      child.reap();
    }
    return said;
  }
  static std::string answer(ControlClient& client, std::string_view method,
                            const std::string& params) {
    const auto result = client.call(method, params, 10s);
    return result ? "allowed" : std::string(name(result.error().code)) + ": " + result.error().hint;
  }
  std::string tried(std::string_view method, const std::string& params) {
    return as_nobody([&](ControlClient& client) { return answer(client, method, params); });
  }

  DaemonProcess daemon_;
};

TEST_F(Stranger, CannotUnloadAnotherUsersModelAndIsLogged) {
  JoinedGuest stt(daemon_.socket(), movable("stt", 300_MiB));
  const std::string said = tried("offload", R"({"tenant":"stt"})");
  EXPECT_TRUE(said.starts_with("denied: ")) << said;
  EXPECT_NE(said.find("spillway"), std::string::npos) << said;
  EXPECT_EQ(stt.open_questions(), 0);
  EXPECT_TRUE(soon([&] { return daemon_.log().find("refused offload") != std::string::npos; }))
      << daemon_.log();
}

TEST_F(Stranger, CannotTouchAnybodyElsesTenantInAnyWay) {
  const JoinedGuest stt(daemon_.socket(), movable("stt", 300_MiB));
  for (const char* method : {"offload", "restore", "pin", "unpin", "tenant.update", "tenant.touch",
                             "tenant.unregister"}) {
    EXPECT_TRUE(tried(method, R"({"tenant":"stt"})").starts_with("denied")) << method;
  }
  EXPECT_TRUE(tried("config.reload", "{}").starts_with("denied"));
  EXPECT_EQ(daemon_.tenant("stt")["pinned"], false);
}

TEST_F(Stranger, MayLookAtEverything) {
  for (const char* method : {"hello", "status", "ps", "levels", "why", "config.show"}) {
    EXPECT_EQ(tried(method, "{}"), "allowed") << method;
  }
}

TEST_F(Stranger, MayRegisterAndMoveWhatIsTheirs) {
  EXPECT_EQ(as_nobody([](ControlClient& client) {
              std::string said;
              for (const auto& [method, params] :
                   {std::pair<const char*, const char*>{"tenant.register",
                                                        R"({"tenant":{"id":"mine","uid":0}})"},
                    {"pin", R"({"tenant":"mine"})"},
                    {"tenant.touch", R"({"tenant":"mine"})"},
                    {"tenant.unregister", R"({"tenant":"mine"})"}}) {
                said += answer(client, method, params) + " ";
              }
              return said;
            }),
            "allowed allowed allowed allowed ");
}

TEST_F(Stranger, CannotRegisterSomebodyElsesProcess) {
  const std::string mine = std::to_string(::getpid());
  const std::string said =
      tried("tenant.register", R"({"tenant":{"id":"theirs","process":{"pid":)" + mine + "}}}");
  EXPECT_TRUE(said.starts_with("denied")) << said;
  EXPECT_TRUE(daemon_.tenant("theirs").is_null());
}

TEST_F(Stranger, MakesRoomAmongTheirOwnOnly) {
  daemon_.use(400_MiB);
  JoinedGuest stt(daemon_.socket(), movable("stt", 300_MiB));
  const std::string said = as_nobody([](ControlClient& client) {
    const auto result =
        client.call("free", R"({"pool":"injected:test","bytes":1048576,"within_ms":2000})", 20s);
    return result ? result->at("met").dump() : to_string(result.error());
  });
  EXPECT_EQ(said, "false");
  EXPECT_EQ(stt.open_questions(), 0) << "root's model was asked for a stranger's sake";
}

TEST_F(Stranger, IsNotHandedWhatSomebodyElsePreservedUnderThatName) {
  daemon_.call("preserve.put", R"({"tenant":"stt","data_base64":"c2VjcmV0"})");
  EXPECT_EQ(daemon_.call("preserve.get", R"({"tenant":"stt"})")["data_base64"], "c2VjcmV0");
  EXPECT_EQ(as_nobody([](ControlClient& client) {
              return client.call("preserve.get", R"({"tenant":"stt"})", 10s)->dump();
            }),
            R"({"data_base64":null,"version":null})");
}

TEST_F(Stranger, DoesNotInheritATenantThatAnotherUserLeftBehind) {
  { const JoinedGuest stt(daemon_.socket(), movable("stt", 300_MiB)); }
  ASSERT_TRUE(soon([&] { return daemon_.tenant("stt")["connected"] == false; }));
  EXPECT_EQ(as_nobody([](ControlClient& client) {
              return client.call("tenant.register", R"({"tenant":{"id":"stt"}})", 10s)
                  ->at("tenant")
                  .get<std::string>();
            }),
            "stt@65534");
}

}  // namespace
}  // namespace spillway
