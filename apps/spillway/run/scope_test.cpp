#include "run/scope.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "tests/support/child.h"

namespace spillway {
namespace {

TEST(ScopeName, HoldsNothingThatAFileNameMustNot) {
  EXPECT_EQ(scope_name("stt", 42), "spillway-stt-42.scope");
  EXPECT_EQ(scope_name("../etc/a b-c", 42), "spillway-.._etc_a_b_c-42.scope");
  EXPECT_EQ(scope_name(std::string(1000, 'x'), 1).size(),
            std::string("spillway--1.scope").size() + 64);
}

TEST(Scope, HoldsTheProcessAndGoesWithIt) {
  const auto groups = CgroupFs::locate(SysRoot());
  ASSERT_TRUE(groups);
  support::Child child(support::Child::sleep_forever);
  auto scope = Scope::make(*groups, "test", child.pid());
  if (!scope) GTEST_SKIP() << "no control group can be made here: " << to_string(scope.error());
  const auto& tree = groups->memory() ? groups->memory() : groups->unified();
  const std::string directory = *tree->directory(scope->group());
  EXPECT_EQ(groups->group_of(child.pid()).value_or(""), scope->group());
  EXPECT_TRUE(std::filesystem::exists(directory));
  child.kill(SIGKILL);
  child.reap();
  EXPECT_TRUE(scope->remove());
  EXPECT_FALSE(std::filesystem::exists(directory));
}

TEST(Scope, StaysWhileSomethingRunsInIt) {
  const auto groups = CgroupFs::locate(SysRoot());
  ASSERT_TRUE(groups);
  support::Child child(support::Child::sleep_forever);
  auto scope = Scope::make(*groups, "test", child.pid());
  if (!scope) GTEST_SKIP() << "no control group can be made here: " << to_string(scope.error());
  const auto& tree = groups->memory() ? groups->memory() : groups->unified();
  const std::string directory = *tree->directory(scope->group());
  EXPECT_FALSE(scope->remove());
  child.kill(SIGKILL);
  child.reap();
  EXPECT_EQ(::rmdir(directory.c_str()), 0);
}

TEST(Scope, WhatAKilledSupervisorLeftIsRemovedByTheNext) {
  const auto groups = CgroupFs::locate(SysRoot());
  ASSERT_TRUE(groups);
  support::Child child(support::Child::sleep_forever);
  pid_t ended = 0;
  {
    const support::Child other([] {});
    ended = other.pid();
  }
  const auto& tree = groups->memory() ? groups->memory() : groups->unified();
  const auto own = groups->group_of(::getpid());
  if (!tree || !own) GTEST_SKIP() << "there are no control groups here";
  const std::string left = *tree->directory(*own) + "/" + scope_name("left", ended);
  if (::mkdir(left.c_str(), 0755) != 0) GTEST_SKIP() << "no control group can be made here";
  { const auto scope = Scope::make(*groups, "test", child.pid()); }
  const bool swept = !std::filesystem::exists(left);
  if (!swept) ::rmdir(left.c_str());
  if (tree->version == CgroupVersion::v1) {
    EXPECT_TRUE(swept);
  }
  child.kill(SIGKILL);
  child.reap();
}

}  // namespace
}  // namespace spillway
