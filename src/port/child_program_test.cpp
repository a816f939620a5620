#include "port/child_program.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <string>

#include "tests/support/child.h"

namespace spillway {
namespace {

using support::eventually;

ChildProgram shell(const std::string& script) {
  auto child = ChildProgram::start("/bin/sh", {"-c", script});
  EXPECT_TRUE(child) << to_string(child.error());
  return *std::move(child);
}

std::string heard(const ChildProgram& child) {
  pollfd wait{child.fd(), POLLIN, 0};
  ::poll(&wait, 1, 10'000);
  char text[64];
  const ssize_t n = ::recv(child.fd(), text, sizeof(text), 0);
  return n > 0 ? std::string(text, static_cast<std::size_t>(n)) : std::string();
}

TEST(ChildProgram, TalksThroughItsSocket) {
  const ChildProgram child = shell("read line <&3; echo \"$line back\" >&3");
  ASSERT_EQ(::send(child.fd(), "there\n", 6, 0), 6);
  EXPECT_EQ(heard(child), "there back\n");
}

TEST(ChildProgram, ClosesItsSocketAndGivesItsStatusWhenItEnds) {
  ChildProgram child = shell("exit 3");
  EXPECT_EQ(heard(child), "");
  ASSERT_TRUE(eventually([&] { return child.ended().has_value(); }));
  EXPECT_EQ(WEXITSTATUS(*child.ended()), 3);
}

TEST(ChildProgram, IsKilledWithoutWaiting) {
  ChildProgram child = shell("trap '' TERM; sleep 1000");
  EXPECT_EQ(child.ended(), std::nullopt);
  child.kill();
  ASSERT_TRUE(eventually([&] { return child.ended().has_value(); }));
  EXPECT_EQ(WTERMSIG(*child.ended()), SIGKILL);
}

TEST(ChildProgram, DoesNotOutliveItsOwner) {
  pid_t pid = 0;
  {
    const ChildProgram child = shell("exec sleep 1000");
    pid = child.pid();
    EXPECT_EQ(::kill(pid, 0), 0);
  }
  EXPECT_NE(::kill(pid, 0), 0);
}

TEST(ChildProgram, StartsWithSignalsAsTheyAreByDefault) {
  sigset_t term, before;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &term, &before);
  ChildProgram child = shell("kill -TERM $$; exit 0");
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ASSERT_TRUE(eventually([&] { return child.ended().has_value(); }));
  EXPECT_TRUE(WIFSIGNALED(*child.ended()));
}

TEST(ChildProgram, SaysWhichProgramCannotBeStarted) {
  const auto child = ChildProgram::start("/nonexistent/worker", {});
  ASSERT_FALSE(child);
  EXPECT_EQ(child.error().code, Errc::not_found);
  EXPECT_EQ(child.error().where, "/nonexistent/worker");
}

}  // namespace
}  // namespace spillway
