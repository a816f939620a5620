#include "wire/socket_path.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <map>

#include "tests/support/temp_dir.h"

namespace spillway {
namespace {

SocketPlace place(std::map<std::string, std::string> variables) {
  return {[variables = std::move(variables)](const char* key) -> const char* {
            const auto found = variables.find(key);
            return found == variables.end() ? nullptr : found->second.c_str();
          },
          1000};
}

TEST(SocketPath, TheOptionWinsThenTheVariable) {
  const auto both = place({{"SPILLWAY_SOCKET", "/x/v.sock"}, {"XDG_RUNTIME_DIR", "/xdg"}});
  EXPECT_EQ(daemon_socket(both, "/x/o.sock", "", true), "/x/o.sock");
  EXPECT_EQ(daemon_socket(both, "", "", false), "/x/v.sock");
  EXPECT_EQ(client_sockets(both, "/x/o.sock"), std::vector<std::string>{"/x/o.sock"});
  EXPECT_EQ(client_sockets(both, ""), std::vector<std::string>{"/x/v.sock"});
}

TEST(SocketPath, AConfiguredPlaceComesBeforeTheModes) {
  EXPECT_EQ(daemon_socket(place({}), "", "/x/c.sock", true), "/x/c.sock");
  EXPECT_EQ(daemon_socket(place({{"SPILLWAY_SOCKET", "/x/v.sock"}}), "", "/x/c.sock", true),
            "/x/v.sock");
}

TEST(SocketPath, AnEmptyVariableIsNone) {
  EXPECT_EQ(daemon_socket(place({{"SPILLWAY_SOCKET", ""}}), "", "", false), kSystemSocket);
}

TEST(SocketPath, UserModeIsBelowTheRuntimeDirectory) {
  EXPECT_EQ(daemon_socket(place({{"XDG_RUNTIME_DIR", "/xdg"}}), "", "", true),
            "/xdg/spillway/control.sock");
  EXPECT_EQ(daemon_socket(place({}), "", "", true), "/run/user/1000/spillway/control.sock");
  EXPECT_EQ(daemon_socket(place({{"XDG_RUNTIME_DIR", "relative"}}), "", "", true),
            "/run/user/1000/spillway/control.sock");
}

TEST(SocketPath, ClientsTryTheUsersThenTheSystems) {
  EXPECT_EQ(client_sockets(place({{"XDG_RUNTIME_DIR", "/xdg"}}), ""),
            (std::vector<std::string>{"/xdg/spillway/control.sock", std::string(kSystemSocket)}));
}

TEST(SocketPath, MakesItsFolderForWhomItIsMeant) {
  const support::TempDir dir;
  struct stat made {};
  ASSERT_TRUE(prepare_socket_folder(dir / "user/control.sock", true));
  ASSERT_EQ(::stat((dir / "user").c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 0777, 0700);
  ASSERT_TRUE(prepare_socket_folder(dir / "system/control.sock", false));
  ASSERT_EQ(::stat((dir / "system").c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 0777, 0755);
  EXPECT_TRUE(prepare_socket_folder(dir / "user/control.sock", true)) << "it is there already";
}

TEST(SocketPath, SaysWhatIsWrongWithAPlace) {
  const auto missing = prepare_socket_folder("/nonexistent/deep/er/control.sock", false);
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().hint.find("--socket"), std::string::npos);
  const auto long_one = prepare_socket_folder("/tmp/" + std::string(110, 'x'), false);
  ASSERT_FALSE(long_one);
  EXPECT_EQ(long_one.error().code, Errc::invalid);
}

}  // namespace
}  // namespace spillway
