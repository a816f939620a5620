// Against the cgroups of this machine, where it has some that may be written.

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "sense/cgroup.h"
#include "tests/support/child.h"

namespace spillway {
namespace {

using support::Child;

constexpr Look kLook{.now = TimePoint(1h), .owners = false, .tenants = {}};

/// A memory cgroup of its own with a limit, on v1.
class LimitedGroup : public testing::Test {
 protected:
  void SetUp() override {
    const auto cgroups = CgroupFs::locate(SysRoot()).value();
    if (!cgroups.memory() || cgroups.memory()->version != CgroupVersion::v1) {
      GTEST_SKIP() << "no v1 memory controller";
    }
    directory_ = *cgroups.memory()->directory(name_);
    if (mkdir(directory_.c_str(), 0755) != 0) {
      directory_.clear();
      GTEST_SKIP() << "may not make a cgroup";
    }
    std::ofstream(directory_ + "/memory.limit_in_bytes") << (64 << 20) << std::flush;
  }
  void TearDown() override {
    if (!directory_.empty()) {
      support::eventually([&] { return rmdir(directory_.c_str()) == 0 || errno == ENOENT; });
    }
  }

  const std::string name_ = "/spillway-sense-test-" + std::to_string(getpid());
  std::string directory_;
};

TEST_F(LimitedGroup, WakesWhenItFillsAndReadsWhatIsHeld) {
  CgroupSensor sensor(SysRoot(), {name_}, true);
  ASSERT_TRUE(sensor.read(kLook));
  std::vector<WakeFd> wakes;
  sensor.wake_fds(wakes);
  ASSERT_EQ(wakes.size(), 1u);
  const auto woken = [&](int patience_ms) {
    pollfd waiting{wakes[0].fd, wakes[0].events, 0};
    return poll(&waiting, 1, patience_ms) == 1;
  };
  EXPECT_FALSE(woken(0));

  Child hog([&] {
    std::ofstream(directory_ + "/cgroup.procs") << getpid() << std::flush;
    void* memory = mmap(nullptr, 55 << 20, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (memory != MAP_FAILED) Child::sleep_forever();
  });
  EXPECT_TRUE(woken(10'000));
  const auto full = [&] {
    const auto readings = sensor.read(kLook);
    return readings && std::get<PoolReading>(readings->at(0)).used > 50_MiB;
  };
  EXPECT_TRUE(support::eventually(full));
  EXPECT_FALSE(woken(0)) << "a read makes it quiet";
}

TEST_F(LimitedGroup, AGroupMadeAgainIsReadAndArmedAgain) {
  CgroupSensor sensor(SysRoot(), {name_}, true);
  ASSERT_EQ(sensor.read(kLook).value().size(), 1u);
  ASSERT_EQ(rmdir(directory_.c_str()), 0);
  ASSERT_EQ(mkdir(directory_.c_str(), 0755), 0);
  std::ofstream(directory_ + "/memory.limit_in_bytes") << (32 << 20) << std::flush;
  const auto readings = sensor.read(kLook).value();
  ASSERT_EQ(readings.size(), 1u);
  EXPECT_EQ(std::get<PoolReading>(readings[0]).total, 32_MiB);
  std::vector<WakeFd> wakes;
  sensor.wake_fds(wakes);
  EXPECT_EQ(wakes.size(), 1u);
}

TEST_F(LimitedGroup, AGroupThatWasRemovedIsLeftOut) {
  CgroupSensor sensor(SysRoot(), {name_}, true);
  ASSERT_EQ(sensor.read(kLook).value().size(), 1u);
  ASSERT_EQ(rmdir(directory_.c_str()), 0);
  EXPECT_TRUE(sensor.read(kLook).value().empty());
  std::vector<WakeFd> wakes;
  sensor.wake_fds(wakes);
  EXPECT_TRUE(wakes.empty());
}

}  // namespace
}  // namespace spillway
