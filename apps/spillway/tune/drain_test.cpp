#include "tune/drain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

#include "doctor/read/memory.h"
#include "tests/support/temp_tree.h"

namespace spillway {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kHead = "Filename\tType\tSize\tUsed\tPriority\n";

/// Swap made of files: it works in a child, too.
class FakeSwap final : public SwapDoor {
 public:
  enum class Off { at_once, until_signal, never_ends, dies_while_off };
  FakeSwap(const support::TempTree& files, Off off) : files_(files), off_(off) {}

  Status off(const std::string& device) override {
    note("off " + device);
    if (off_ == Off::until_signal) {
      ::pause();
      return fail(Errc::io, "interrupted");
    }
    if (off_ == Off::never_ends) {
      ::signal(SIGTERM, SIG_IGN);
      for (;;) ::pause();
    }
    remove(device);
    if (off_ == Off::dies_while_off) ::raise(SIGKILL);
    return {};
  }
  Status on(const std::string& device, int priority) override {
    note("on " + device + " " + std::to_string(priority));
    files_.write("proc/swaps", files_.read("proc/swaps") + device + " partition 4096 0 " +
                                   std::to_string(priority) + "\n");
    return {};
  }

 private:
  void note(const std::string& call) const {
    files_.write("calls", files_.read("calls") + call + "\n");
  }
  void remove(const std::string& device) const {
    std::string kept = kHead;
    const std::string all = files_.read("proc/swaps");
    for (const auto& swap : doctor::parse_swap_areas(all)) {
      if (swap.path == device) continue;
      kept += swap.path + " partition 4096 " + std::to_string(swap.used.count >> 10) + " " +
              std::to_string(swap.priority) + "\n";
    }
    files_.write("proc/swaps", kept);
  }

  const support::TempTree& files_;
  Off off_;
};

class DrainTest : public testing::Test {
 protected:
  DrainTest() {
    swaps(
        "/dev/zram0 partition 4096 1024 100\n/dev/sdb partition 4096 3072 5\n"
        "/dev/sda partition 4096 2048 -2\n/dev/sdc partition 4096 0 -3\n");
    set_available(64);
    stall(0);
  }
  void swaps(const std::string& lines) const { files_.write("proc/swaps", kHead + lines); }
  void set_available(int mib) const {
    files_.write("proc/meminfo", "MemAvailable: " + std::to_string(mib << 10) + " kB\n");
  }
  void stall(int milliseconds) const {
    files_.write("proc/pressure/memory",
                 "some avg10=0.00 avg60=0.00 avg300=0.00 total=9\nfull avg10=0.00 avg60=0.00 "
                 "avg300=0.00 total=" +
                     std::to_string(milliseconds * 1000) + "\n");
  }
  std::vector<Drained> drain(FakeSwap::Off off, bool dry_run = false) {
    FakeSwap door(files_, off);
    return drain_swap(SysRoot(files_.path()), door, rules_, dry_run);
  }
  std::vector<std::string> devices_on() const {
    std::vector<std::string> all;
    for (const auto& swap : doctor::parse_swap_areas(files_.read("proc/swaps")))
      all.push_back(swap.path);
    return all;
  }

  support::TempTree files_;
  DrainRules rules_{
      .margin = 8_MiB, .within = 20s, .stall = 0.4, .window = 100ms, .patience = 200ms};
};

TEST_F(DrainTest, EmptiesOneDeviceAfterTheOtherAndSwapsItOnAgain) {
  const auto all = drain(FakeSwap::Off::at_once);
  ASSERT_EQ(all.size(), 3U);  // sdc holds nothing
  for (const Drained& one : all) EXPECT_EQ(one.how, Drained::How::drained) << one.why;
  EXPECT_EQ(all[0].held, 2_MiB);
  EXPECT_EQ(files_.read("calls"),
            "off /dev/sda\non /dev/sda -1\noff /dev/sdb\non /dev/sdb 5\noff /dev/zram0\non "
            "/dev/zram0 100\n");
}

TEST_F(DrainTest, OnlyStartsWithEnoughAvailable) {
  set_available(10);  // 2 MiB and the margin: not more
  const auto all = drain(FakeSwap::Off::at_once);
  EXPECT_EQ(all[0].how, Drained::How::refused);
  EXPECT_THAT(all[0].why, HasSubstr("10 MiB available, needed 2 MiB and a margin of 8 MiB"));
  EXPECT_EQ(all[1].how, Drained::How::refused);
  EXPECT_EQ(all[2].how, Drained::How::drained);  // 1 MiB
  files_.remove("proc/meminfo");
  EXPECT_EQ(drain(FakeSwap::Off::at_once)[0].how, Drained::How::refused);
}

TEST_F(DrainTest, StopsWhenEverybodyWaits) {
  std::atomic<bool> done = false;
  std::thread machine([&] {
    for (int waited = 0; !done; waited += 10) {
      stall(waited);
      std::this_thread::sleep_for(10ms);
    }
  });
  const auto all = drain(FakeSwap::Off::until_signal);
  done = true;
  machine.join();
  ASSERT_EQ(all.size(), 1U);  // no other is tried
  EXPECT_EQ(all[0].how, Drained::How::stopped);
  EXPECT_THAT(all[0].why, HasSubstr("everybody waited for memory"));
  EXPECT_THAT(devices_on(), ElementsAre("/dev/zram0", "/dev/sdb", "/dev/sda", "/dev/sdc"));
}

TEST_F(DrainTest, StopsWhenMemoryRunsShort) {
  std::thread machine([&] {
    std::this_thread::sleep_for(100ms);
    set_available(7);
  });
  const auto all = drain(FakeSwap::Off::until_signal);
  machine.join();
  EXPECT_EQ(all[0].how, Drained::How::stopped);
  EXPECT_EQ(all[0].why, "only 7 MiB available");
}

TEST_F(DrainTest, EndsWhatDoesNotEndInTime) {
  rules_.within = 100ms;
  const auto all = drain(FakeSwap::Off::never_ends);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].how, Drained::How::stopped);
  EXPECT_EQ(all[0].why, "not within 100 ms");
  EXPECT_LT(all[0].took, 10s);
}

TEST_F(DrainTest, SwapsOnWhatAKilledProcessLeftOff) {
  const auto all = drain(FakeSwap::Off::dies_while_off);
  EXPECT_EQ(all[0].how, Drained::How::failed);
  EXPECT_EQ(files_.read("calls"), "off /dev/sda\non /dev/sda -1\n");
}

TEST_F(DrainTest, ChangesNothingInADryRun) {
  EXPECT_EQ(drain(FakeSwap::Off::at_once, true).size(), 3U);
  EXPECT_EQ(files_.read("calls"), "");
  swaps("");
  EXPECT_THAT(drain(FakeSwap::Off::at_once), IsEmpty());
  swaps("garbage\n/dev/x partition -4 99999999999999999999 x\n");
  EXPECT_THAT(drain(FakeSwap::Off::at_once), IsEmpty());
}

}  // namespace
}  // namespace spillway
