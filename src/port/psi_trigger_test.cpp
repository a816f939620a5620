#include "port/psi_trigger.h"

#include <gtest/gtest.h>
#include <poll.h>

#include "tests/support/temp_tree.h"

namespace spillway {
namespace {

using support::TempTree;

TEST(PsiTrigger, IsNeverWrittenIntoAPlainFile) {
  const TempTree tree("linux-6.18-hybrid");
  const std::string before = tree.read("proc/pressure/memory");
  const auto trigger = PsiTrigger::arm(SysRoot(tree.path()), "/proc/pressure/memory", 100ms);
  ASSERT_FALSE(trigger);
  EXPECT_EQ(trigger.error().code, Errc::unsupported);
  EXPECT_EQ(tree.read("proc/pressure/memory"), before);
}

TEST(PsiTrigger, SaysThatTheKernelHasNoPsi) {
  const TempTree tree("linux-5.4-v1");
  EXPECT_TRUE(
      is_absent(PsiTrigger::arm(SysRoot(tree.path()), "/proc/pressure/memory", 100ms).error()));
}

TEST(PsiTrigger, ArmsOnThisMachineOrSaysWhy) {
  const auto trigger = PsiTrigger::arm(SysRoot(), "/proc/pressure/memory", 100ms);
  if (!trigger) GTEST_SKIP() << to_string(trigger.error());
  EXPECT_TRUE(trigger->window() == 1s || trigger->window() == 2s);
  pollfd waiting{trigger->fd(), POLLPRI, 0};
  EXPECT_GE(poll(&waiting, 1, 0), 0);
  EXPECT_EQ(waiting.revents & (POLLERR | POLLNVAL), 0);
}

TEST(PsiTrigger, PassesOnTheKernelsRefusal) {
  if (!SysRoot().exists("/proc/pressure/memory")) GTEST_SKIP() << "no PSI in this kernel";
  // A stall longer than its window is never accepted.
  const auto trigger = PsiTrigger::arm(SysRoot(), "/proc/pressure/memory", 2s);
  ASSERT_FALSE(trigger);
  EXPECT_EQ(trigger.error().where, "/proc/pressure/memory");
}

}  // namespace
}  // namespace spillway
