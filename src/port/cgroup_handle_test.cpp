#include "port/cgroup_handle.h"

#include <gtest/gtest.h>

#include "port/cgroup_fs.h"
#include "tests/support/child.h"
#include "tests/support/temp_dir.h"

namespace spillway {
namespace {

using support::Child;
using support::process_state;
using support::TempDir;

TEST(CgroupHandle, ReadsAttributes) {
  const TempDir dir;
  dir.write("g/memory.current", "4096\n");
  dir.write("g/memory.max", "max\n");
  dir.write("g/memory.high", "-7\n");
  dir.write("g/memory.stat", "anon 12\nfile x\ninactive_file 34\n");
  dir.write("g/cgroup.procs", "1\n4711\n");
  const auto group = CgroupHandle::open(dir / "g");
  ASSERT_TRUE(group);
  EXPECT_EQ(group->bytes("memory.current").value(), 4096_B);
  EXPECT_EQ(group->bytes("memory.max").value(), std::nullopt);
  EXPECT_EQ(group->bytes("memory.high").error().code, Errc::invalid);
  EXPECT_EQ(group->bytes("memory.swap.max").error().code, Errc::not_found);
  EXPECT_EQ(group->keyed("memory.stat", "inactive_file"), 34u);
  EXPECT_EQ(group->keyed("memory.stat", "file").error().code, Errc::invalid);
  EXPECT_EQ(group->keyed("memory.stat", "sock").error().code, Errc::not_found);
  EXPECT_EQ(group->pids(), (std::vector<pid_t>{1, 4711}));
  EXPECT_TRUE(group->has("memory.max"));
  EXPECT_FALSE(group->has("memory.reclaim"));
}

TEST(CgroupHandle, RefusesPathsThatClimb) {
  const TempDir dir;
  EXPECT_EQ(CgroupHandle::open(dir / "../etc").error().code, Errc::invalid);
  EXPECT_EQ(CgroupHandle::create(dir / "a/../../b").error().code, Errc::invalid);
  EXPECT_EQ(CgroupHandle::open(dir / "none").error().code, Errc::not_found);
}

TEST(CgroupHandle, IsNotFooledByAGroupMadeAgainUnderTheSameName) {
  const TempDir dir;
  dir.write("g/memory.current", "1");
  const auto old = CgroupHandle::open(dir / "g");
  ASSERT_TRUE(old);
  std::filesystem::rename(dir / "g", dir / "elsewhere");
  dir.write("g/memory.current", "2");
  EXPECT_EQ(old->read("memory.current"), "1");
  const auto removed = old->remove();
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().code, Errc::not_found);
  EXPECT_EQ(dir.read("g/memory.current"), "2");
}

TEST(CgroupHandle, ReclaimsInPiecesUntilTheAmountIsReached) {
  const TempDir dir;
  dir.write("g/memory.reclaim", "");
  const auto group = CgroupHandle::open(dir / "g");
  ASSERT_TRUE(group);
  EXPECT_EQ(group->reclaim(20_MiB, false, 1s), 20_MiB);
  // The last write lies over the first: 4 MiB in digits over those of 16 MiB.
  EXPECT_EQ(dir.read("g/memory.reclaim"), "41943046");
  EXPECT_EQ(group->reclaim(1_GiB, false, 0s), 0_B);
}

TEST(CgroupHandle, KeepsToFilePagesWhenAsked) {
  const TempDir dir;
  dir.write("g/memory.reclaim", "");
  const auto group = CgroupHandle::open(dir / "g");
  ASSERT_TRUE(group);
  EXPECT_EQ(group->reclaim(1_MiB, true, 1s), 1_MiB);
  EXPECT_EQ(dir.read("g/memory.reclaim"), "1048576 swappiness=0");
}

TEST(CgroupHandle, FreezeThatDoesNotComeIsTakenBack) {
  const TempDir dir;
  dir.write("g/cgroup.freeze", "0");
  dir.write("g/cgroup.events", "populated 1\nfrozen 0\n");
  const auto group = CgroupHandle::open(dir / "g");
  ASSERT_TRUE(group);
  const auto frozen = group->freeze(10ms);
  ASSERT_FALSE(frozen);
  EXPECT_EQ(frozen.error().code, Errc::timed_out);
  EXPECT_EQ(dir.read("g/cgroup.freeze"), "0");
}

/// A real cgroup v2 directory for one test.
class RealCgroup : public testing::Test {
 protected:
  void SetUp() override {
    const auto groups = CgroupFs::locate(SysRoot());
    if (!groups || !groups->unified()) GTEST_SKIP() << "no cgroup v2 is mounted";
    auto made = CgroupHandle::create(
        *groups->unified()->directory("/spillway-test-" + std::to_string(getpid())));
    if (!made) GTEST_SKIP() << "no cgroup may be made: " << to_string(made.error());
    group_.emplace(std::move(*made));
  }
  void TearDown() override {
    if (!group_) return;
    EXPECT_TRUE(support::eventually([&] { return group_->remove().has_value(); }));
  }
  std::optional<CgroupHandle> group_;
};

TEST_F(RealCgroup, FreezesAndThawsItsMembers) {
  Child child([] {
    for (;;) usleep(1000);
  });
  ASSERT_TRUE(group_->add(child.pid()));
  EXPECT_EQ(group_->pids(), std::vector<pid_t>{child.pid()});
  ASSERT_TRUE(group_->freeze(10s));
  EXPECT_EQ(group_->keyed("cgroup.events", "frozen"), 1u);
  ASSERT_TRUE(group_->thaw());
  EXPECT_TRUE(support::eventually(
      [&] { return group_->keyed("cgroup.events", "frozen").value_or(1) == 0; }));
  EXPECT_FALSE(group_->remove());  // it has a member
}

TEST_F(RealCgroup, HandleOfARemovedGroupFailsEvenIfTheNameIsBack) {
  ASSERT_TRUE(group_->remove());
  auto again = CgroupHandle::create(group_->path());
  ASSERT_TRUE(again);
  EXPECT_FALSE(group_->pids());
  EXPECT_FALSE(group_->add(getpid()));
  EXPECT_FALSE(group_->remove());
  group_.emplace(std::move(*again));
}

}  // namespace
}  // namespace spillway
