#include "service_manager.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "tests/support/temp_dir.h"

namespace spillway {
namespace {

/// Stands in for systemd: what arrives on NOTIFY_SOCKET.
class ServiceManagerTest : public ::testing::Test {
 protected:
  void listen(const std::string& path) {
    socket_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    ASSERT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
  }
  std::string received() {
    std::string text(4096, '\0');
    const ssize_t got = ::recv(socket_.get(), text.data(), text.size(), 0);
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
  }

  support::TempDir dir_;
  const std::string path_ = dir_ / "notify";
  UniqueFd socket_;
};

TEST_F(ServiceManagerTest, TellsReadyReloadingAndStopping) {
  listen(path_);
  ServiceManager manager(path_.c_str(), nullptr, nullptr);
  manager.ready("normal");
  EXPECT_EQ(received(), "READY=1\nSTATUS=normal");
  manager.reloading(TimePoint(5s), "reading");
  EXPECT_EQ(received(), "RELOADING=1\nMONOTONIC_USEC=5000000\nSTATUS=reading");
  manager.status("ram critical");
  EXPECT_EQ(received(), "STATUS=ram critical");
  manager.stopping();
  EXPECT_EQ(received(), "STOPPING=1");
}

TEST_F(ServiceManagerTest, IsAliveTwiceInTheWatchdogsTime) {
  listen(path_);
  ServiceManager manager(path_.c_str(), "30000000", std::to_string(::getpid()).c_str());
  EXPECT_EQ(manager.patience(), 15s);
  manager.alive(TimePoint(100s));
  EXPECT_EQ(received(), "WATCHDOG=1");
  manager.alive(TimePoint(114s));
  EXPECT_EQ(received(), "");
  manager.alive(TimePoint(115s));
  EXPECT_EQ(received(), "WATCHDOG=1");
}

TEST_F(ServiceManagerTest, SpeaksToAbstractSockets) {
  const std::string name = std::string("\0spillway-test-", 15) + std::to_string(::getpid());
  listen(name);
  ServiceManager manager(("@" + name.substr(1)).c_str(), nullptr, nullptr);
  manager.ready("here");
  EXPECT_EQ(received(), "READY=1\nSTATUS=here");
}

TEST_F(ServiceManagerTest, TheWatchdogOfAnotherProcessIsNotOurs) {
  EXPECT_FALSE(ServiceManager(path_.c_str(), "30000000", "1").patience());
  for (const char* usec : {"", "-1", "soon", "99999999999999999999", "0"}) {
    EXPECT_FALSE(ServiceManager(path_.c_str(), usec, nullptr).patience()) << usec;
  }
}

TEST_F(ServiceManagerTest, WithoutAManagerNothingHappens) {
  for (const char* socket : {static_cast<const char*>(nullptr), "", "relative", "/nobody/there"}) {
    ServiceManager manager(socket, "30000000", nullptr);
    manager.ready("x");
    manager.alive(TimePoint(100s));
  }
  const std::string too_long = "/" + std::string(200, 'x');
  ServiceManager(too_long.c_str(), nullptr, nullptr).stopping();
}

}  // namespace
}  // namespace spillway
