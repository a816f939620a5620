#include "act/freeze.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>

#include <filesystem>
#include <optional>

#include "tests/support/action_suite.h"
#include "tests/support/child.h"
#include "tests/support/temp_dir.h"

namespace spillway {
namespace {

using support::Child;
using support::eventually;
using support::process_state;

Tenant tenant_of(pid_t pid) {
  Tenant tenant;
  tenant.id = {"model"};
  tenant.uid = getuid();
  const auto handle = ProcessHandle::open(pid);
  if (handle) tenant.process = ProcessKey{pid, handle->start_ticks()};
  return tenant;
}

Outcome run(FreezeAction& action, const Tenant& tenant, Direction direction) {
  Step step{.id = 1, .direction = direction, .rung = Rung::freeze};
  return action.run(step, tenant, SystemClock().now() + 10s);
}

TEST(Freeze, StopsAProcessAndLetsItGoOn) {
  Child child(Child::sleep_forever);
  FreezeAction action{SysRoot()};
  const Tenant tenant = tenant_of(child.pid());
  const Outcome frozen = run(action, tenant, Direction::give);
  EXPECT_EQ(frozen.status, StepStatus::done) << frozen.error;
  EXPECT_EQ(frozen.detail, "SIGSTOP");
  EXPECT_TRUE(eventually([&] { return process_state(child.pid()) == 'T'; }));
  EXPECT_EQ(run(action, tenant, Direction::give).status, StepStatus::skipped);

  EXPECT_EQ(run(action, tenant, Direction::restore).status, StepStatus::done);
  EXPECT_TRUE(eventually([&] { return support::is_running(child.pid()); }));
  EXPECT_EQ(run(action, tenant, Direction::restore).status, StepStatus::skipped);
}

TEST(Freeze, IsNotedForTheNextGuardWhileItLasts) {
  Child child(Child::sleep_forever);
  const support::TempDir directory;
  const Tenant tenant = tenant_of(child.pid());
  const std::string note =
      directory / (std::to_string(child.pid()) + "-" + std::to_string(tenant.process->start_ticks));
  FreezeAction action{SysRoot(), FrozenNotes(directory.path())};
  ASSERT_EQ(run(action, tenant, Direction::give).status, StepStatus::done);
  EXPECT_TRUE(std::filesystem::exists(note));
  ASSERT_EQ(run(action, tenant, Direction::restore).status, StepStatus::done);
  EXPECT_FALSE(std::filesystem::exists(note));
}

TEST(Freeze, FrozenProcessThatWasKilledNeedsNoThawing) {
  Child child(Child::sleep_forever);
  FreezeAction action{SysRoot()};
  const Tenant tenant = tenant_of(child.pid());
  ASSERT_EQ(run(action, tenant, Direction::give).status, StepStatus::done);
  child.kill(SIGKILL);
  child.reap();
  EXPECT_EQ(run(action, tenant, Direction::restore).status, StepStatus::done);
}

TEST(Freeze, NeverAShellNorItself) {
  Child shell([] {
    prctl(PR_SET_NAME, "fish");
    Child::sleep_forever();
  });
  ASSERT_TRUE(
      eventually([&] { return ProcessHandle::open(shell.pid())->protection().has_value(); }));
  FreezeAction action{SysRoot()};
  EXPECT_EQ(run(action, tenant_of(shell.pid()), Direction::give).status, StepStatus::skipped);
  EXPECT_TRUE(support::is_running(shell.pid()));
  EXPECT_EQ(run(action, tenant_of(getpid()), Direction::give).status, StepStatus::skipped);
}

TEST(Freeze, OffersNothingToFreeAndOnlyOnce) {
  Child child(Child::sleep_forever);
  const FreezeAction action{SysRoot()};
  Tenant tenant = tenant_of(child.pid());
  std::vector<Offer> offers;
  action.offers({}, tenant, offers);
  ASSERT_EQ(offers.size(), 1u);
  EXPECT_TRUE(offers[0].changes.empty());
  tenant.taken = {{Rung::freeze, "freeze", "SIGSTOP", {}, {}}};
  action.offers({}, tenant, offers);
  EXPECT_EQ(offers.size(), 1u);
}

/// With a real cgroup v2 group of its own for one child.
class FreezeScope : public testing::Test {
 protected:
  void SetUp() override {
    const auto groups = CgroupFs::locate(SysRoot());
    if (!groups || !groups->unified()) GTEST_SKIP() << "no cgroup v2 is mounted";
    const auto directory = groups->unified()->directory(name_);
    auto made = CgroupHandle::create(*directory);
    if (!made) GTEST_SKIP() << "no cgroup may be made: " << to_string(made.error());
    group_.emplace(std::move(*made));
    child_.emplace(Child::sleep_forever);
    ASSERT_TRUE(group_->add(child_->pid()));
  }
  void TearDown() override {
    if (!group_) return;
    (void)group_->thaw();
    child_.reset();
    EXPECT_TRUE(eventually([&] { return group_->remove().has_value(); }));
  }
  bool frozen() const { return group_->keyed("cgroup.events", "frozen").value_or(9) == 1; }
  Tenant tenant() const {
    Tenant tenant = tenant_of(child_->pid());
    tenant.cgroup = name_;
    return tenant;
  }

  const std::string name_ = "/spillway-freeze-" + std::to_string(getpid());
  std::optional<CgroupHandle> group_;
  std::optional<Child> child_;
};

TEST_F(FreezeScope, FreezesTheWholeScope) {
  FreezeAction action{SysRoot()};
  const Outcome outcome = run(action, tenant(), Direction::give);
  EXPECT_EQ(outcome.status, StepStatus::done) << outcome.error;
  EXPECT_EQ(outcome.detail, "cgroup.freeze");
  EXPECT_TRUE(frozen());
  EXPECT_EQ(run(action, tenant(), Direction::restore).status, StepStatus::done);
  EXPECT_TRUE(eventually([&] { return !frozen(); }));
}

TEST_F(FreezeScope, ScopeWithAShellInItIsNotFrozenAsAWhole) {
  Child shell([] {
    prctl(PR_SET_NAME, "bash");
    Child::sleep_forever();
  });
  ASSERT_TRUE(
      eventually([&] { return ProcessHandle::open(shell.pid())->protection().has_value(); }));
  ASSERT_TRUE(group_->add(shell.pid()));
  FreezeAction action{SysRoot()};
  EXPECT_EQ(run(action, tenant(), Direction::give).detail, "SIGSTOP");
  EXPECT_FALSE(frozen());
  EXPECT_EQ(run(action, tenant(), Direction::restore).status, StepStatus::done);
}

TEST_F(FreezeScope, KillOfTheGuardLeavesTheScopeThawed) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  Child guard([&] {
    FreezeAction action{SysRoot()};
    const bool done = run(action, tenant(), Direction::give).status == StepStatus::done;
    [[maybe_unused]] const ssize_t n = write(ends[1], done ? "1" : "0", 1);
    Child::sleep_forever();
  });
  char done = 0;
  ASSERT_EQ(read(ends[0], &done, 1), 1);
  close(ends[0]);
  close(ends[1]);
  ASSERT_EQ(done, '1');
  ASSERT_TRUE(frozen());
  guard.kill(SIGKILL);
  EXPECT_TRUE(eventually([&] { return !frozen(); }));
}

TEST(Freeze, KeepsTheContractOfAllActions) {
  FreezeAction action{SysRoot()};
  support::expect_action_contract(action);
}

}  // namespace
}  // namespace spillway
