#include "act/dead_man.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>

#include "port/process_handle.h"
#include "tests/support/child.h"

namespace spillway {
namespace {

using support::Child;
using support::eventually;
using support::process_state;

/// Guards and stops each of `targets`; true when all of that went well.
bool stop_all(DeadMan& dead_man, const std::vector<pid_t>& targets) {
  for (const pid_t pid : targets) {
    const auto handle = ProcessHandle::open(pid);
    if (!handle || !dead_man.guard(DeadMan::Kind::process, handle->fd())) return false;
    if (!handle->signal(SIGSTOP)) return false;
  }
  return true;
}

/// Runs `body` in a process of its own, the guard, and waits for its word.
class Guard {
 public:
  explicit Guard(const std::function<bool()>& body) {
    int ends[2];
    if (pipe(ends) != 0) return;
    child_.emplace([&] {
      close(ends[0]);
      const char* word = body() ? "1" : "0";
      [[maybe_unused]] const ssize_t n = write(ends[1], word, 1);
      Child::sleep_forever();
    });
    close(ends[1]);
    char word = 0;
    ready_ = read(ends[0], &word, 1) == 1 && word == '1';
    close(ends[0]);
  }
  bool ready() const { return ready_; }
  void kill() { child_->kill(SIGKILL); }

 private:
  std::optional<Child> child_;
  bool ready_ = false;
};

bool stopped(const Child& child) { return process_state(child.pid()) == 'T'; }

TEST(DeadMan, KillOfTheGuardLeavesNothingFrozen) {
  Child first(Child::sleep_forever), second(Child::sleep_forever);
  Guard guard([&] {
    static DeadMan dead_man;
    return stop_all(dead_man, {first.pid(), second.pid()});
  });
  ASSERT_TRUE(guard.ready());
  ASSERT_TRUE(eventually([&] { return stopped(first) && stopped(second); }));
  guard.kill();
  EXPECT_TRUE(eventually([&] { return !stopped(first) && !stopped(second); }));
}

TEST(DeadMan, EndOfTheGuardThawsToo) {
  Child child(Child::sleep_forever);
  {
    DeadMan dead_man;
    ASSERT_TRUE(stop_all(dead_man, {child.pid()}));
    ASSERT_TRUE(eventually([&] { return stopped(child); }));
  }
  EXPECT_TRUE(eventually([&] { return !stopped(child); }));
}

TEST(DeadMan, ReleasedTargetsAreLeftAlone) {
  Child kept(Child::sleep_forever), released(Child::sleep_forever);
  Guard guard([&] {
    static DeadMan dead_man;
    const auto handle = ProcessHandle::open(released.pid());
    const auto slot = dead_man.guard(DeadMan::Kind::process, handle->fd());
    if (!slot) return false;
    dead_man.release(*slot);
    return stop_all(dead_man, {kept.pid()});
  });
  ASSERT_TRUE(guard.ready());
  released.kill(SIGSTOP);  // by somebody else
  ASSERT_TRUE(eventually([&] { return stopped(kept) && stopped(released); }));
  guard.kill();
  EXPECT_TRUE(eventually([&] { return !stopped(kept); }));
  EXPECT_TRUE(stopped(released));
}

TEST(DeadMan, HelperThatWasKilledIsReplacedAndToldOfEverything) {
  Child first(Child::sleep_forever), second(Child::sleep_forever);
  Guard guard([&] {
    prctl(PR_SET_CHILD_SUBREAPER, 1);  // the helper becomes a child of this process
    static DeadMan dead_man;
    if (!stop_all(dead_man, {first.pid()})) return false;
    std::ifstream children("/proc/self/task/" + std::to_string(getpid()) + "/children");
    pid_t helper = 0;
    if (!(children >> helper)) return false;
    kill(helper, SIGKILL);
    waitpid(helper, nullptr, 0);
    return stop_all(dead_man, {second.pid()});
  });
  ASSERT_TRUE(guard.ready());
  ASSERT_TRUE(eventually([&] { return stopped(first) && stopped(second); }));
  guard.kill();
  EXPECT_TRUE(eventually([&] { return !stopped(first) && !stopped(second); }));
}

TEST(DeadMan, HelperOutlivesSignalsThatAskItToGo) {
  Child child(Child::sleep_forever);
  Guard guard([&] {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    static DeadMan dead_man;
    if (!stop_all(dead_man, {child.pid()})) return false;
    std::ifstream children("/proc/self/task/" + std::to_string(getpid()) + "/children");
    pid_t helper = 0;
    if (!(children >> helper)) return false;
    for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGQUIT}) kill(helper, number);
    return true;
  });
  ASSERT_TRUE(guard.ready());
  guard.kill();
  EXPECT_TRUE(eventually([&] { return !stopped(child); }));
}

TEST(DeadMan, IsBoundedAndSlotsComeBack) {
  Child child(Child::sleep_forever);
  const auto handle = ProcessHandle::open(child.pid());
  ASSERT_TRUE(handle);
  DeadMan dead_man;
  for (std::size_t i = 0; i < DeadMan::kSlots; ++i) {
    ASSERT_TRUE(dead_man.guard(DeadMan::Kind::process, handle->fd())) << i;
  }
  EXPECT_FALSE(dead_man.guard(DeadMan::Kind::process, handle->fd()));
  dead_man.release(17);
  EXPECT_EQ(dead_man.guard(DeadMan::Kind::process, handle->fd()), 17u);
  EXPECT_FALSE(dead_man.guard(DeadMan::Kind::process, -1));
  dead_man.release(DeadMan::kSlots + 5);  // no such slot: nothing happens
}

}  // namespace
}  // namespace spillway
