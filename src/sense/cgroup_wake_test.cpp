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

/// A memory cgroup of its own with a limit: memory.high on v2, where reaching it is an event, else
/// v1's limit.
class LimitedGroup : public testing::Test {
 protected:
  void SetUp() override {
    const auto cgroups = CgroupFs::locate(SysRoot()).value();
    if (!cgroups.memory()) GTEST_SKIP() << "no memory controller";
    v2_ = cgroups.memory()->version == CgroupVersion::v2;
    directory_ = *cgroups.memory()->directory(name_);
    make();
    if (access(limit_file().c_str(), W_OK) != 0) GTEST_SKIP() << "may not make a memory cgroup";
    limit_to(kLimit);
  }
  void TearDown() override {
    if (directory_.empty()) return;
    support::eventually([&] { return rmdir(directory_.c_str()) == 0 || errno != EBUSY; });
  }

  void make() const { mkdir(directory_.c_str(), 0755); }
  std::string limit_file() const {
    return directory_ + (v2_ ? "/memory.high" : "/memory.limit_in_bytes");
  }
  void limit_to(Bytes limit) const { std::ofstream(limit_file()) << limit.count << std::flush; }

  static constexpr Bytes kLimit = 64_MiB;
  const std::string name_ = "/spillway-sense-test-" + std::to_string(getpid());
  std::string directory_;
  bool v2_ = false;
};

TEST_F(LimitedGroup, WakesWhenItFillsAndReadsWhatIsHeld) {
  CgroupSensor sensor(SysRoot(), {name_}, true);
  ASSERT_TRUE(sensor.read(kLook));
  std::vector<WakeFd> wakes;
  sensor.wake_fds(wakes);
  ASSERT_FALSE(wakes.empty());
  const auto woken = [&](int patience_ms) {
    std::vector<pollfd> waiting;
    for (const WakeFd& wake : wakes) waiting.push_back({wake.fd, wake.events, 0});
    return poll(waiting.data(), waiting.size(), patience_ms) > 0;
  };
  EXPECT_FALSE(woken(0));

  // Beyond memory.high it goes on, only slower; at v1's limit it would be killed.
  const Bytes taken = v2_ ? kLimit + 1_MiB : kLimit - 6_MiB;
  Child hog([&] {
    std::ofstream(directory_ + "/cgroup.procs") << getpid() << std::flush;
    void* memory = mmap(nullptr, static_cast<std::size_t>(taken.count), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (memory != MAP_FAILED) Child::sleep_forever();
  });
  EXPECT_TRUE(woken(10'000));
  const auto full = [&] {
    const auto readings = sensor.read(kLook);
    return readings && std::get<PoolReading>(readings->at(0)).used > kLimit - 14_MiB;
  };
  EXPECT_TRUE(support::eventually(full));
  EXPECT_TRUE(support::eventually([&] { return sensor.read(kLook) && !woken(0); }))
      << "a read makes it quiet";
}

TEST_F(LimitedGroup, AGroupMadeAgainIsReadAndArmedAgain) {
  CgroupSensor sensor(SysRoot(), {name_}, true);
  ASSERT_FALSE(sensor.read(kLook).value().empty());
  ASSERT_EQ(rmdir(directory_.c_str()), 0);
  make();
  limit_to(32_MiB);
  const auto readings = sensor.read(kLook).value();
  ASSERT_FALSE(readings.empty());
  EXPECT_EQ(std::get<PoolReading>(readings[0]).total, 32_MiB);
  std::vector<WakeFd> wakes;
  sensor.wake_fds(wakes);
  ASSERT_FALSE(wakes.empty());
  for (const WakeFd& wake : wakes) {
    pollfd waiting{wake.fd, wake.events, 0};
    EXPECT_EQ(poll(&waiting, 1, 0), 0) << "what was armed on the old group is gone";
  }
}

TEST_F(LimitedGroup, AGroupThatWasRemovedIsLeftOut) {
  CgroupSensor sensor(SysRoot(), {name_}, true);
  ASSERT_FALSE(sensor.read(kLook).value().empty());
  ASSERT_EQ(rmdir(directory_.c_str()), 0);
  EXPECT_TRUE(sensor.read(kLook).value().empty());
  std::vector<WakeFd> wakes;
  sensor.wake_fds(wakes);
  EXPECT_TRUE(wakes.empty());
}

}  // namespace
}  // namespace spillway
