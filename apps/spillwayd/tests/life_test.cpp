// The real daemon's life: how it starts, refuses to, reloads, and ends.

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "act/frozen_notes.h"
#include "base/fd.h"
#include "port/cgroup_fs.h"
#include "port/process_handle.h"
#include "port/sys_root.h"
#include "tests/support/daemon_process.h"
#include "wire/unix_socket.h"

namespace spillway {
namespace {

using nlohmann::json;
using support::DaemonProcess;
using support::soon;
using support::TempDir;

/// Runs a command and returns its exit status and what it printed on both outputs.
std::pair<int, std::string> output_of(const std::string& command) {
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  std::string text;
  char chunk[4096];
  for (std::size_t got = 0; (got = ::fread(chunk, 1, sizeof chunk, pipe)) > 0;) {
    text.append(chunk, got);
  }
  const int status = ::pclose(pipe);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text};
}

TEST(DaemonLife, EndsWithZeroOnRequestAndTakesItsSocketAway) {
  for (const int request : {SIGTERM, SIGINT}) {
    DaemonProcess daemon;
    const int status = daemon.stop(request);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << daemon.log();
    EXPECT_FALSE(std::filesystem::exists(daemon.socket()));
  }
}

TEST(DaemonLife, SaysAtTheStartWhatWorksHere) {
  const DaemonProcess daemon;
  EXPECT_TRUE(soon([&] { return daemon.log().find("freeze: ") != std::string::npos; }));
  for (const char* rung : {"trim: ", "offload: ", "reclaim: ", "preserve: ", "stop: "}) {
    EXPECT_NE(daemon.log().find(rung), std::string::npos) << rung;
  }
}

TEST(DaemonLife, ChecksItselfAndExits) {
  const auto [status, text] = output_of(DaemonProcess::program() + " --check");
  EXPECT_EQ(status, 0) << text;
  EXPECT_NE(text.find("freeze: "), std::string::npos) << text;
}

TEST(DaemonLife, ExplainsItsUsage) {
  EXPECT_EQ(output_of(DaemonProcess::program() + " --version").second, "spillwayd 0.1.0\n");
  const auto [help, text] = output_of(DaemonProcess::program() + " --help");
  EXPECT_EQ(help, 0);
  EXPECT_NE(text.find("--socket PATH"), std::string::npos);
  EXPECT_EQ(output_of(DaemonProcess::program() + " --sockte x").first, 2);
}

TEST(DaemonLife, ThawsWhatADaemonThatWasKilledTogetherWithItsDeadManLeftFrozen) {
  const support::Child left(support::Child::sleep_forever);
  left.kill(SIGSTOP);
  ASSERT_TRUE(soon([&] { return support::process_state(left.pid()) == 'T'; }));
  DaemonProcess daemon;
  daemon.stop(SIGKILL);
  const auto process = ProcessHandle::open(left.pid());
  ASSERT_TRUE(process);
  ASSERT_TRUE(FrozenNotes(daemon.state() + "/frozen")
                  .write({left.pid(), process->start_ticks()}, std::string()));
  EXPECT_EQ(support::process_state(left.pid()), 'T');
  daemon.start();
  EXPECT_TRUE(soon([&] { return support::is_running(left.pid()); }));
  EXPECT_TRUE(soon([&] { return daemon.log().find("thawed process") != std::string::npos; }));
}

TEST(DaemonLife, RefusesASocketThatAnotherDaemonServes) {
  const DaemonProcess first;
  const auto [status, text] = output_of(DaemonProcess::program() + " --socket " + first.socket());
  EXPECT_EQ(status, 1);
  EXPECT_NE(text.find("another daemon"), std::string::npos) << text;
  EXPECT_EQ(first.call("hello")["pid"], first.pid());
}

TEST(DaemonLife, DoesNotStartWithAConfigurationItCannotUse) {
  const TempDir dir;
  const auto file = dir.write("spillway.toml", "[levels]\nmargin = \"a lot\"\n");
  const auto [status, text] =
      output_of(DaemonProcess::program() + " --config " + file + " --socket " + (dir / "s"));
  EXPECT_EQ(status, 1);
  EXPECT_NE(text.find("spillway.toml:2:"), std::string::npos) << text;
}

TEST(DaemonLife, WarnsOfAnUnknownKeyAndGoesOn) {
  const DaemonProcess daemon({}, "[ladders]\nrungs = 7\n");
  EXPECT_TRUE(soon([&] { return daemon.log().find("ladders") != std::string::npos; }))
      << daemon.log();
}

TEST(DaemonLife, ABadReloadKeepsTheConfigurationAndAGoodOneChangesIt) {
  DaemonProcess daemon;
  const std::string before = daemon.call("config.show")["toml"];
  daemon.configure("[pools.\"injected:test\"]\nmargin = \"nonsense\"\n");
  ::kill(daemon.pid(), SIGHUP);
  EXPECT_TRUE(soon([&] {
    return daemon.log().find("the configuration stays as it was") != std::string::npos;
  })) << daemon.log();
  EXPECT_EQ(daemon.call("config.show")["toml"], before);

  daemon.use(500_MiB);
  EXPECT_EQ(daemon.call("levels")["level"], "normal");
  daemon.configure("[pools.\"injected:test\"]\nwarning = \"40%\"\nrestore_below = \"20%\"\n");
  ::kill(daemon.pid(), SIGHUP);
  EXPECT_TRUE(soon([&] { return daemon.call("levels")["level"] == "warning"; })) << daemon.log();
  daemon.configure("");
  daemon.call("config.reload");
  EXPECT_TRUE(soon([&] { return daemon.call("levels")["level"] == "normal"; }));
}

TEST(DaemonLife, AReloadSaysWhatNeedsARestart) {
  DaemonProcess daemon;
  daemon.configure("log_level = \"warning\"\n[journal]\nmax_total = \"32MiB\"\n");
  daemon.call("config.reload");
  EXPECT_TRUE(soon([&] {
    return daemon.log().find("[journal] has changed: that needs a restart") != std::string::npos;
  })) << daemon.log();
  EXPECT_EQ(daemon.log().find("daemon.socket has changed"), std::string::npos);
  EXPECT_EQ(daemon.log().find("configuration read again"), std::string::npos)
      << "its level is info";
}

TEST(DaemonLife, AGroupThatIsNamedInAReloadBecomesAPool) {
  const auto groups = CgroupFs::locate(SysRoot());
  const auto own = groups ? groups->group_of(::getpid()) : tl::unexpected(groups.error());
  if (!own || !groups->memory()) GTEST_SKIP() << "no cgroup hierarchy counts memory here";
  DaemonProcess daemon;
  const auto pools = [&] { return daemon.call("status")["pools"].dump(); };
  EXPECT_EQ(pools().find("cgroup:"), std::string::npos);
  daemon.configure("cgroups = [\"" + *own + "\"]\n");
  daemon.call("config.reload");
  EXPECT_TRUE(soon([&] { return pools().find("cgroup:" + *own) != std::string::npos; })) << pools();
}

TEST(DaemonLife, StartsWhereAKilledOneLeftItsSocket) {
  DaemonProcess daemon;
  daemon.stop(SIGKILL);
  ASSERT_TRUE(std::filesystem::exists(daemon.socket()));
  daemon.start();
  EXPECT_EQ(daemon.call("hello")["pid"], daemon.pid());
}

TEST(DaemonLife, WhatItAcknowledgedAsPreservedSurvivesItsKilling) {
  DaemonProcess daemon;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(
        daemon.call("preserve.put", R"({"tenant":"stt","data_base64":"aGFsZg=="})")["version"],
        i + 1);
    daemon.stop(SIGKILL);
    daemon.start();
    const json kept = daemon.call("preserve.get", R"({"tenant":"stt"})");
    EXPECT_EQ(kept["version"], i + 1);
    EXPECT_EQ(kept["data_base64"], "aGFsZg==");
  }
}

TEST(DaemonLife, ServesEverybodyWhileOneSendsNonsense) {
  const DaemonProcess daemon;
  LineStream hostile(std::move(connect_unix(daemon.socket(), 5s).value()), 1 << 20);
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(hostile.write(std::string(1000, '[') + "\n", 5s));
  }
  (void)hostile.write(std::string(2 << 20, 'x'), 5s);
  EXPECT_EQ(daemon.call("hello")["pid"], daemon.pid());
}

TEST(DaemonLife, TellsTheServiceManager) {
  const TempDir dir;
  const std::string path = dir / "notify";
  const UniqueFd manager(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(::bind(manager.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  std::string told;
  const auto hears = [&](const std::string& text) {
    return soon([&] {
      char chunk[4096];
      for (ssize_t got = 0; (got = ::recv(manager.get(), chunk, sizeof chunk, 0)) > 0;) {
        told.append(chunk, static_cast<std::size_t>(got)) += '\n';
      }
      return told.find(text) != std::string::npos;
    });
  };
  ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  ::setenv("WATCHDOG_USEC", "200000", 1);
  DaemonProcess daemon;
  ::unsetenv("NOTIFY_SOCKET");
  ::unsetenv("WATCHDOG_USEC");
  EXPECT_TRUE(hears("READY=1"));
  EXPECT_TRUE(hears("WATCHDOG=1"));
  ::kill(daemon.pid(), SIGHUP);
  EXPECT_TRUE(hears("RELOADING=1\nMONOTONIC_USEC="));
  EXPECT_EQ(WEXITSTATUS(daemon.stop(SIGTERM)), 0);
  EXPECT_TRUE(hears("STOPPING=1"));
}

}  // namespace
}  // namespace spillway
