#include "act/stop.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>

#include "port/process_handle.h"
#include "tests/support/action_suite.h"
#include "tests/support/child.h"

namespace spillway {
namespace {

using support::Child;

Tenant tenant_of(pid_t pid) {
  Tenant tenant;
  tenant.id = {"model"};
  tenant.uid = getuid();
  tenant.stop_allowed = true;
  tenant.holds = {{kRam, 2_GiB}};
  const auto handle = ProcessHandle::open(pid);
  if (handle) tenant.process = ProcessKey{pid, handle->start_ticks()};
  return tenant;
}

Outcome stop(const Tenant& tenant, Duration grace = 5s, Duration deadline = 10s) {
  StopAction action(grace);
  Step step{.id = 1, .rung = Rung::stop, .estimate = {{kRam, -2_GiB}}};
  return action.run(step, tenant, SystemClock().now() + deadline);
}

/// A child that ignores SIGTERM, and does so by the time it is made.
class Deaf {
 public:
  Deaf() {
    int ends[2];
    if (pipe(ends) != 0) return;
    child_.emplace([&] {
      signal(SIGTERM, SIG_IGN);
      [[maybe_unused]] const ssize_t n = write(ends[1], "", 1);
      Child::sleep_forever();
    });
    char byte;
    [[maybe_unused]] const ssize_t n = read(ends[0], &byte, 1);
    close(ends[0]);
    close(ends[1]);
  }
  Child& child() { return *child_; }

 private:
  std::optional<Child> child_;
};

TEST(Stop, TermEndsAProgramThatListens) {
  Child child(Child::sleep_forever);
  const Outcome outcome = stop(tenant_of(child.pid()));
  EXPECT_EQ(outcome.status, StepStatus::done) << outcome.error;
  EXPECT_EQ(outcome.detail, "SIGTERM");
  EXPECT_EQ(outcome.claimed.at(0).delta, -2_GiB);
  EXPECT_EQ(WTERMSIG(child.reap()), SIGTERM);
}

TEST(Stop, KillFollowsOnlyAfterTheGrace) {
  Deaf deaf;
  const Outcome outcome = stop(tenant_of(deaf.child().pid()), 20ms);
  EXPECT_EQ(outcome.status, StepStatus::done) << outcome.error;
  EXPECT_EQ(outcome.detail, "SIGKILL");
  EXPECT_EQ(WTERMSIG(deaf.child().reap()), SIGKILL);
}

TEST(Stop, DeadlineBeforeTheGraceKillsNobody) {
  Deaf deaf;
  const Outcome outcome = stop(tenant_of(deaf.child().pid()), 10s, 20ms);
  EXPECT_EQ(outcome.status, StepStatus::timed_out);
  EXPECT_TRUE(support::is_running(deaf.child().pid()));
}

TEST(Stop, ReachesAStoppedProcess) {
  Child child(Child::sleep_forever);
  child.kill(SIGSTOP);
  ASSERT_TRUE(support::eventually([&] { return support::process_state(child.pid()) == 'T'; }));
  EXPECT_EQ(stop(tenant_of(child.pid())).status, StepStatus::done);
}

TEST(Stop, NeverWithoutTheOptIn) {
  Child child(Child::sleep_forever);
  Tenant tenant = tenant_of(child.pid());
  tenant.stop_allowed = false;
  EXPECT_EQ(stop(tenant).status, StepStatus::skipped);
  EXPECT_TRUE(support::is_running(child.pid()));
  std::vector<Offer> offers;
  StopAction(1s).offers({}, tenant, offers);
  EXPECT_TRUE(offers.empty());
}

TEST(Stop, NeverAShellNorItselfNorAnothersProcess) {
  Child shell([] {
    prctl(PR_SET_NAME, "zsh");
    Child::sleep_forever();
  });
  ASSERT_TRUE(support::eventually(
      [&] { return ProcessHandle::open(shell.pid())->protection().has_value(); }));
  EXPECT_EQ(stop(tenant_of(shell.pid())).status, StepStatus::skipped);
  EXPECT_TRUE(support::is_running(shell.pid()));
  EXPECT_EQ(stop(tenant_of(getpid())).status, StepStatus::skipped);

  Child child(Child::sleep_forever);
  Tenant strange = tenant_of(child.pid());
  strange.uid = getuid() + 1;
  const Outcome outcome = stop(strange);
  EXPECT_EQ(outcome.status, StepStatus::skipped);
  EXPECT_NE(outcome.error.find("another user"), std::string::npos);
}

TEST(Stop, NeverALaterProcessOfTheSamePid) {
  Child child(Child::sleep_forever);
  Tenant tenant = tenant_of(child.pid());
  tenant.process->start_ticks += 1;
  EXPECT_EQ(stop(tenant).status, StepStatus::skipped);
  EXPECT_TRUE(support::is_running(child.pid()));
}

TEST(Stop, AsksForItsGraceAsDeadline) {
  Child child(Child::sleep_forever);
  std::vector<Offer> offers;
  StopAction(7s).offers({}, tenant_of(child.pid()), offers);
  ASSERT_EQ(offers.size(), 1u);
  EXPECT_GT(offers[0].deadline.value_or(0s), 7s);
  EXPECT_EQ(offers[0].changes.at(0).delta, -2_GiB);
}

TEST(Stop, KeepsTheContractOfAllActions) {
  StopAction action(1s);
  support::expect_action_contract(action);
}

}  // namespace
}  // namespace spillway
