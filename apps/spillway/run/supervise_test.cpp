#include "run/supervise.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/child.h"
#include "tests/support/temp_dir.h"

namespace spillway {
namespace {

using support::eventually;

/// A supervisor in a process of its own, as `spillway run` is one: signals are a process's.
class Supervised {
 public:
  explicit Supervised(const std::vector<std::string>& command)
      : child_([&] {
          auto signals = Signals::block();
          auto job = Job::prepare(command);
          if (!signals || !job || job->release() != 0) _exit(99);
          Membership nobody({"/nonexistent/spillway.sock"}, {});
          const SystemClock clock;
          (void)nobody.join(clock.now());
          _exit(code_of(supervise(*job, *signals, nobody, clock)));
        }) {}

  pid_t pid() const { return child_.pid(); }
  void kill(int signal) const { child_.kill(signal); }
  int code() {
    const int status = child_.reap();
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  support::Child child_;
};

/// Runs `script` once it has said that it is ready.
Supervised ready(const support::TempDir& dir, const std::string& script) {
  return Supervised({"sh", "-c", script, dir / "ready"});
}
bool is_ready(const support::TempDir& dir) {
  return eventually([&] { return ::access((dir / "ready").c_str(), F_OK) == 0; });
}

TEST(CodeOf, IsTheCommandsOrThatOfItsSignal) {
  EXPECT_EQ(code_of(W_EXITCODE(7, 0)), 7);
  EXPECT_EQ(code_of(W_EXITCODE(0, SIGKILL)), 137);
}

TEST(Supervise, PassesTheExitCodeThrough) {
  EXPECT_EQ(Supervised({"true"}).code(), 0);
  EXPECT_EQ(Supervised({"sh", "-c", "exit 7"}).code(), 7);
  EXPECT_EQ(Supervised({"sh", "-c", "kill -KILL $$"}).code(), 128 + SIGKILL);
}

TEST(Supervise, PassesSignalsOn) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH}) {
    const support::TempDir dir;
    Supervised run = ready(dir, "trap 'exit 42' " + std::to_string(signal) +
                                    "; : >\"$0\"; while :; do sleep 0.01; done");
    ASSERT_TRUE(is_ready(dir));
    run.kill(signal);
    EXPECT_EQ(run.code(), 42) << signal;
  }
}

TEST(Supervise, ACommandThatIgnoresASignalGoesOn) {
  const support::TempDir dir;
  Supervised run = ready(dir, "trap '' TERM; : >\"$0\"; read line </dev/null; exit 5");
  ASSERT_TRUE(is_ready(dir));
  run.kill(SIGTERM);
  EXPECT_EQ(run.code(), 5);
}

TEST(Supervise, GoesOnWhileTheGuardFreezesTheCommand) {
  const support::TempDir dir;
  Supervised run = ready(dir, "echo $$ >\"$0.pid\"; : >\"$0\"; while :; do sleep 0.01; done");
  ASSERT_TRUE(is_ready(dir));
  const pid_t command = std::stoi(dir.read("ready.pid"));
  ::kill(command, SIGSTOP);
  ASSERT_TRUE(eventually([&] { return support::process_state(command) == 'T'; }));
  EXPECT_TRUE(eventually([&] { return support::process_state(run.pid()) == 'S'; }));
  run.kill(SIGCONT);
  EXPECT_TRUE(eventually([&] { return support::process_state(command) != 'T'; }));
  run.kill(SIGTERM);
  EXPECT_EQ(run.code(), 128 + SIGTERM);
}

}  // namespace
}  // namespace spillway
