#include "port/usage_alarm.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <string>

#include "tests/support/child.h"
#include "tests/support/temp_tree.h"

namespace spillway {
namespace {

using support::Child;
using support::TempTree;

bool readable(int fd, int patience_ms) {
  pollfd waiting{fd, POLLIN, 0};
  return poll(&waiting, 1, patience_ms) == 1;
}

TEST(UsageAlarm, IsNeverWrittenIntoAPlainFile) {
  const TempTree tree;
  tree.write("g/cgroup.event_control", "");
  tree.write("g/memory.usage_in_bytes", "1\n");
  const std::array at{1_MiB};
  EXPECT_EQ(UsageAlarm::arm(SysRoot(tree.path()), "/g", at).error().code, Errc::unsupported);
  EXPECT_EQ(tree.read("g/cgroup.event_control"), "");
}

TEST(UsageAlarm, SaysThatThereIsNoSuchGroup) {
  const std::array at{1_MiB};
  const auto alarm = UsageAlarm::arm(SysRoot(), "/sys/fs/cgroup/memory/spillway-none", at);
  EXPECT_TRUE(is_absent(alarm.error()));
}

TEST(UsageAlarm, RingsWhenAGroupOfThisMachineCrossesAThreshold) {
  const std::string group = "/sys/fs/cgroup/memory/spillway-alarm-test-" + std::to_string(getpid());
  if (mkdir(group.c_str(), 0755) != 0) GTEST_SKIP() << "no writable v1 memory cgroup";
  {
    const std::array at{16_MiB, 32_MiB};
    const auto alarm = UsageAlarm::arm(SysRoot(), group, at);
    ASSERT_TRUE(alarm) << to_string(alarm.error());
    EXPECT_FALSE(readable(alarm->fd(), 0));
    Child hog([&] {
      std::ofstream(group + "/cgroup.procs") << getpid() << std::flush;
      constexpr std::size_t kSize = 24 << 20;
      void* memory = mmap(nullptr, kSize, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
      if (memory != MAP_FAILED) Child::sleep_forever();
    });
    EXPECT_TRUE(readable(alarm->fd(), 10'000));
    alarm->quieten();
    EXPECT_FALSE(readable(alarm->fd(), 0));
    hog.kill(SIGKILL);
    hog.reap();
    EXPECT_TRUE(readable(alarm->fd(), 10'000)) << "on the way down as well";
  }
  support::eventually([&] { return rmdir(group.c_str()) == 0; });
}

}  // namespace
}  // namespace spillway
