#include "act/cgroup_reclaim.h"

#include <gtest/gtest.h>

#include <map>

#include "base/clock.h"
#include "tests/support/action_suite.h"
#include "tests/support/temp_tree.h"

namespace spillway {
namespace {

using support::TempTree;

constexpr const char* kMounts =
    "30 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,memory_recursiveprot\n";

/// A machine with memory.reclaim and one group, "/llm".
class Reclaim : public testing::Test {
 protected:
  Reclaim() {
    tree_.write("proc/self/mountinfo", kMounts);
    tree_.write("sys/fs/cgroup/cgroup.controllers", "memory\n");
    tree_.write("sys/fs/cgroup/memory.reclaim", "");
    tree_.write("sys/fs/cgroup/llm/memory.reclaim", "");
    tree_.write("sys/fs/cgroup/llm/memory.stat",
                "anon 1000\ninactive_file 30\nactive_file 40\nfile_dirty 5\nfile_writeback 1\n");
    tree_.write("proc/meminfo", "MemTotal: 9 kB\nSwapFree: 2048 kB\n");
    tenant_.id = {"llm"};
    tenant_.cgroup = "/llm";
    tenant_.holds = {{kRam, 3_GiB}};
  }
  std::map<std::string, Bytes> offered(std::vector<Reading> readings) {
    const Snapshot snapshot = make_snapshot(TimePoint(1h), {}, std::move(readings), {});
    std::vector<Offer> offers;
    CgroupReclaimAction(SysRoot(tree_.path())).offers(snapshot, tenant_, offers);
    std::map<std::string, Bytes> changes;
    for (const Offer& offer : offers) {
      EXPECT_FALSE(offer.sure);
      for (const auto& [pool, delta] : offer.changes) changes[pool.text] = delta;
    }
    return changes;
  }
  Outcome run(Bytes target) {
    Step step{.id = 1, .rung = Rung::reclaim, .target = target};
    return CgroupReclaimAction(SysRoot(tree_.path())).run(step, tenant_, SystemClock().now() + 5s);
  }
  static PoolReading swap(Bytes used, Bytes total) {
    return {.pool = kSwap, .used = used, .total = total};
  }

  const TempTree tree_;
  Tenant tenant_;
};

using Changes = std::map<std::string, Bytes>;

TEST_F(Reclaim, OffersAnonymousPagesOnlyAsFarAsSwapHasRoom) {
  EXPECT_EQ(offered({swap(1_GiB, 2_GiB)}), (Changes{{"ram", -512_MiB}, {"swap", 512_MiB}}));
  EXPECT_EQ(offered({swap(0_B, 100_GiB)}), (Changes{{"ram", -3_GiB}, {"swap", 3_GiB}}));
  EXPECT_EQ(offered({swap(2_GiB, 2_GiB)}), Changes{});
  EXPECT_EQ(offered({}), Changes{});
}

TEST_F(Reclaim, OffersFilePagesOfTheGroupAlways) {
  const PoolReading group{.pool = {"cgroup:/llm"}, .used = 1_GiB, .total = 2_GiB, .cache = 100_MiB};
  EXPECT_EQ(offered({group}), (Changes{{"cgroup:/llm", -100_MiB}}));
  EXPECT_EQ(offered({group, swap(0_B, 1_GiB)}),
            (Changes{{"cgroup:/llm", -612_MiB}, {"ram", -512_MiB}, {"swap", 512_MiB}}));
}

TEST_F(Reclaim, PagesInZramStillTakeRam) {
  MemoryDetail detail;
  detail.zram_data = 4_GiB;
  detail.zram_physical = 1_GiB;
  const auto changes = offered({swap(0_B, 2_GiB), PoolReading{.pool = kZram}, detail});
  EXPECT_EQ(changes, (Changes{{"ram", -768_MiB}, {"swap", 1_GiB}, {"zram", 256_MiB}}));
}

TEST_F(Reclaim, AnEmptyZramDoesNotSayThatNothingCanBeGained) {
  MemoryDetail detail;
  detail.zram_data = 4_KiB;
  detail.zram_physical = 12_KiB;  // as after mkswap
  const auto changes = offered({swap(0_B, 2_GiB), PoolReading{.pool = kZram}, detail});
  EXPECT_EQ(changes, (Changes{{"ram", -512_MiB}, {"swap", 1_GiB}, {"zram", 512_MiB}}));
}

TEST_F(Reclaim, WritesFilePagesFirstThenWhatFitsIntoSwapNow) {
  EXPECT_EQ(run(4_MiB).status, StepStatus::done);
  // The second request, 1 MiB (half of the free swap), was written over the first in the same file.
  EXPECT_EQ(tree_.read("sys/fs/cgroup/llm/memory.reclaim"), "1048576 swappiness=0");
}

TEST_F(Reclaim, ClaimsOnlyWhatTheGroupsOwnFiguresShow) {
  EXPECT_TRUE(run(4_MiB).claimed.empty());  // a directory of plain files gives nothing back
}

TEST_F(Reclaim, IsOffWithoutMemoryReclaimAndSaysWhy) {
  std::filesystem::remove(tree_ / "sys/fs/cgroup/memory.reclaim");
  const Capability capability = CgroupReclaimAction(SysRoot(tree_.path())).capability();
  EXPECT_FALSE(capability.available);
  EXPECT_NE(capability.reason.find("cgroup v2"), std::string::npos);
  EXPECT_EQ(offered({swap(0_B, 2_GiB)}), Changes{});
  EXPECT_EQ(run(4_MiB).status, StepStatus::skipped);
}

TEST_F(Reclaim, TouchesNoGroupButTheTenantsOwn) {
  for (const char* group : {"", "/", "/../llm", "/none", "llm"}) {
    tenant_.cgroup = group;
    EXPECT_EQ(run(4_MiB).status, StepStatus::skipped) << group;
  }
  EXPECT_EQ(tree_.read("sys/fs/cgroup/memory.reclaim"), "");
}

TEST_F(Reclaim, NothingToRestore) {
  Step step{.id = 1, .direction = Direction::restore, .rung = Rung::reclaim};
  EXPECT_EQ(CgroupReclaimAction(SysRoot(tree_.path())).run(step, tenant_, TimePoint::max()).status,
            StepStatus::skipped);
}

TEST(ReclaimContract, KeepsTheContractOfAllActions) {
  CgroupReclaimAction action{SysRoot()};
  support::expect_action_contract(action);
}

}  // namespace
}  // namespace spillway
