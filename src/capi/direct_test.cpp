#include "capi/direct.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/temp_dir.h"

namespace spillway {
namespace {

const PoolStatus* find(const StatusReport& report, const PoolId& pool) {
  const auto found = std::find_if(report.pools.begin(), report.pools.end(),
                                  [&](const PoolStatus& p) { return p.assessment.pool == pool; });
  return found == report.pools.end() ? nullptr : &*found;
}

TEST(Direct, SensesThisMachineWithoutADaemonAndSaysSo) {
  const SystemClock clock;
  Direct direct({}, clock);
  const StatusReport report = direct.look(true);
  EXPECT_EQ(report.source, "direct");
  EXPECT_EQ(report.counters.looks, 2U) << "rates need two";
  const PoolStatus* ram = find(report, kRam);
  ASSERT_NE(ram, nullptr);
  EXPECT_GT(ram->assessment.total.value_or(Bytes{}), 0_B);
  EXPECT_FALSE(report.owners.empty());
  EXPECT_EQ(report.counters.steps, 0U) << "it only looks";
  EXPECT_EQ(direct.look(false).counters.looks, 3U);
}

TEST(Direct, LooksAtThePoolsItIsToldOf) {
  const support::TempDir directory;
  const SystemClock clock;
  Direct direct({.injected = {{"gpu", directory.write("gpu", "90 100")}}}, clock);
  const StatusReport report = direct.look(false);
  const PoolStatus* gpu = find(report, PoolId{"injected:gpu"});
  ASSERT_NE(gpu, nullptr);
  EXPECT_EQ(gpu->assessment.used, 90_B);
  EXPECT_GE(gpu->assessment.level, Level::critical);
}

}  // namespace
}  // namespace spillway
