#include "port/process_handle.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>

#include "tests/support/child.h"

namespace spillway {
namespace {

using support::Child;
using support::eventually;

std::string stat_line(std::string_view name, int session = 7, int tty = 0, unsigned flags = 0) {
  return "42 (" + std::string(name) + ") S 1 42 " + std::to_string(session) + " " +
         std::to_string(tty) + " -1 " + std::to_string(flags) +
         " 0 0 0 0 1 2 0 0 20 0 1 0 98765 1000 10 18446744073709551615 1";
}

TEST(ProcessStat, NameMayHoldBlanksAndBrackets) {
  const auto who = parse_process_stat(stat_line("tmux: (server) 1"));
  ASSERT_TRUE(who);
  EXPECT_EQ(who->pid, 42);
  EXPECT_EQ(who->name, "tmux: (server) 1");
  EXPECT_EQ(who->session, 7);
  EXPECT_EQ(who->start_ticks, 98765u);
  EXPECT_FALSE(who->kernel_thread);
}

TEST(ProcessStat, RefusesWhatIsNoStatLine) {
  for (const char* text : {"", "42", "42 (x", "42 (x) S 1 2", ") 42 (", "x (y) S 1 1 1 0 -1 0",
                           "42 (x) S 1 42 7 0 -1 0 0 0 0 0 1 2 0 0 20 0 1 0 -5"}) {
    EXPECT_FALSE(parse_process_stat(text)) << text;
  }
}

TEST(Protection, CoversWhateverHoldsASessionUp) {
  const auto shielded = [](const std::string& line) {
    return protection(*parse_process_stat(line), 4711).has_value();
  };
  for (const char* name : {"bash", "sshd", "systemd-logind", "gnome-shell", "Xorg", "tmux: server",
                           "sway", "pipewire", "dbus-broker-lau", "spillwayd"}) {
    EXPECT_TRUE(shielded(stat_line(name))) << name;
  }
  EXPECT_TRUE(shielded(stat_line("kworker/0:1", 0, 0, 0x00200040)));
  EXPECT_TRUE(shielded(stat_line("htop", 42, 34816)));
  for (const char* name : {"python3", "llama-server", "ollama", "bas", "bashful"}) {
    EXPECT_FALSE(shielded(stat_line(name))) << name;
  }
  EXPECT_FALSE(shielded(stat_line("ollama", 42, 0)));  // a daemon leads a session without terminal
}

TEST(Protection, CoversPidOneAndItself) {
  ProcessIdentity who;
  who.name = "python3";
  who.pid = 1;
  EXPECT_TRUE(protection(who, 4711));
  who.pid = 4711;
  EXPECT_TRUE(protection(who, 4711));
  EXPECT_FALSE(protection(who, 4712));
  const auto self = ProcessHandle::open(getpid());
  ASSERT_TRUE(self);
  EXPECT_TRUE(self->protection());
}

TEST(ProcessHandle, SignalsTheProcessAndSeesItEnd) {
  Child child(Child::sleep_forever);
  const auto handle = ProcessHandle::open(child.pid());
  ASSERT_TRUE(handle) << to_string(handle.error());
  EXPECT_EQ(handle->uid(), getuid());
  EXPECT_TRUE(handle->still_same());
  EXPECT_FALSE(handle->wait_end(5ms));
  ASSERT_TRUE(handle->signal(SIGTERM));
  EXPECT_TRUE(handle->wait_end(10s));
  EXPECT_FALSE(handle->still_same());  // although it has not been reaped
  child.reap();
  const auto late = handle->signal(SIGTERM);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Errc::not_found);
  EXPECT_TRUE(handle->protection());  // what cannot be looked at is left alone
}

TEST(ProcessHandle, StartTimeTellsAReusedPid) {
  Child child(Child::sleep_forever);
  const auto handle = ProcessHandle::open(child.pid());
  ASSERT_TRUE(handle);
  EXPECT_TRUE(ProcessHandle::open(child.pid(), handle->start_ticks()));
  const auto other = ProcessHandle::open(child.pid(), handle->start_ticks() + 1);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Errc::not_found);
}

TEST(ProcessHandle, ProtectionIsOfWhatTheProcessIsNow) {
  Child child([] { Child::sleep_forever(); });
  const auto handle = ProcessHandle::open(child.pid());
  ASSERT_TRUE(handle);
  EXPECT_FALSE(handle->protection());
  Child shell([] {
    prctl(PR_SET_NAME, "bash");
    Child::sleep_forever();
  });
  const auto renamed = ProcessHandle::open(shell.pid());
  ASSERT_TRUE(renamed);
  EXPECT_TRUE(eventually([&] { return renamed->protection().has_value(); }));
}

TEST(ProcessHandle, RefusesPidsThatNameNoProcess) {
  for (const pid_t pid : {0, -1, -4711}) {
    const auto handle = ProcessHandle::open(pid);
    ASSERT_FALSE(handle);
    EXPECT_EQ(handle.error().code, Errc::invalid);
  }
  const auto none = ProcessHandle::open(0x7ffffff0);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Errc::not_found);
}

}  // namespace
}  // namespace spillway
