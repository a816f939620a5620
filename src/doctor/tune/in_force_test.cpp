#include "doctor/tune/in_force.h"

#include <gtest/gtest.h>

#include "doctor/read/memory.h"
#include "doctor/tune/use.h"
#include "tests/support/temp_tree.h"

namespace spillway::doctor {
namespace {

class InForceTest : public testing::Test {
 protected:
  void apply(bool live) {
    files_.write("proc/sys/vm/swappiness", "60\n");
    files_.write("proc/meminfo", "MemTotal: 16777216 kB\n");
    TuneBook book(*Tree::open(files_.path()), live, [] {});
    ASSERT_TRUE(book.apply(changes_, {}, {"boot", 0, {}}, 60s));
    ASSERT_TRUE(book.confirm({"boot", 1, {}}));
  }
  std::vector<InForce> states() const {
    const TuneBook book(*Tree::open(files_.path()), true, [] {});
    return in_force(book.list()->back(), book.tree(), SysRoot(files_.path()));
  }

  support::TempTree files_;
  const std::vector<TuneChange> changes_{
      {.key = "vm.swappiness",
       .home = TuneHome::sysctl,
       .name = "vm.swappiness",
       .live = "/proc/sys/vm/swappiness",
       .before = "60",
       .after = "10"},
      {.key = "zram0.zram-size", .home = TuneHome::zram, .name = "zram-size", .after = "ram / 2"},
      {.key = "a.service.MemoryMax",
       .home = TuneHome::unit,
       .group = "a.service",
       .name = "MemoryMax",
       .after = "4096M"}};
};

TEST_F(InForceTest, LooksAtTheFileAndAtTheKernel) {
  apply(true);
  files_.write("sys/block/zram0/disksize", "8589934592\n");
  files_.write("sys/fs/cgroup/system.slice/a.service/memory.max", "4294967296\n");
  for (const InForce& state : states()) {
    EXPECT_TRUE(state.in_file) << state.key;
    EXPECT_EQ(state.live, true) << state.key;
    EXPECT_TRUE(state.good()) << state.key;
  }
  files_.write("proc/sys/vm/swappiness", "60\n");
  files_.write("sys/block/zram0/disksize", "1073741824\n");
  files_.write("sys/fs/cgroup/system.slice/a.service/memory.max", "max\n");
  for (const InForce& state : states()) {
    EXPECT_EQ(state.live, false) << state.key;
    EXPECT_FALSE(state.good()) << state.key;
  }
  EXPECT_EQ(states()[0].found, "60");
}

TEST_F(InForceTest, SaysWhatHasToHappenBeforeAUnitHasIt) {
  apply(true);
  const auto unit = states()[2];
  EXPECT_EQ(unit.live, std::nullopt);  // it does not run
  EXPECT_EQ(unit.pending, "systemctl restart a.service");
}

TEST_F(InForceTest, NamesTheFileThatSaysOtherwiseAfterOurs) {
  apply(false);
  EXPECT_EQ(states()[0].overridden_by, "");
  files_.write("etc/sysctl.d/99-sysctl.conf", "vm.swappiness = 60\n");  // read before ours
  files_.write("usr/lib/sysctl.d/zzz.conf", "# vm.swappiness = 1\nvm.swappiness=10\n");
  EXPECT_EQ(states()[0].overridden_by, "");
  files_.write("usr/lib/sysctl.d/zzz.conf", "-vm/swappiness = 60\n");
  EXPECT_EQ(states()[0].overridden_by, "/usr/lib/sysctl.d/zzz.conf");
  EXPECT_FALSE(states()[0].good());
}

TEST_F(InForceTest, SeesAFileThatWasChanged) {
  apply(false);
  EXPECT_TRUE(states()[0].good());
  EXPECT_EQ(states()[0].live, std::nullopt);  // an image has no kernel
  files_.write("etc/sysctl.d/99-zz-spillway-0001.conf", "");
  EXPECT_FALSE(states()[0].in_file);
}

TEST(CheckTarget, ComparesTheMostInUseAndTheLeastAvailable) {
  TuneUse use = use_of(parse_meminfo(
      "MemTotal: 8388608 kB\nMemAvailable: 4194304 kB\nSwapTotal: 1024 kB\nSwapFree: 1024 kB\n"));
  EXPECT_EQ(use.ram, 4_GiB);
  EXPECT_EQ(use.swap, 0_B);
  use.add({.ram = 6_GiB, .available = 2_GiB});
  use.add({.ram = 5_GiB, .available = 3_GiB});
  const auto checks =
      check_target({.ram = 5_GiB, .vram = 4_GiB, .swap = 0_B, .available = 2_GiB}, use);
  ASSERT_EQ(checks.size(), 4U);
  EXPECT_EQ(checks[0].met(), false);
  EXPECT_EQ(checks[1].met(), std::nullopt);  // nobody measured VRAM
  EXPECT_EQ(checks[2].met(), true);
  EXPECT_EQ(checks[3].met(), true);
  EXPECT_EQ(use_of(parse_meminfo("garbage")).ram, std::nullopt);
}

}  // namespace
}  // namespace spillway::doctor
