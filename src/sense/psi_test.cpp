#include "sense/psi.h"

#include <gtest/gtest.h>

#include "tests/support/temp_tree.h"

namespace spillway {
namespace {

using support::TempTree;

constexpr Look kLook{.now = TimePoint(1h), .owners = false, .tenants = {}};

TEST(ParsePressure, TotalsAreMicroseconds) {
  const auto totals = parse_pressure(
                          "some avg10=1.25 avg60=0.80 avg300=0.31 total=48211903\n"
                          "full avg10=1.02 avg60=0.66 avg300=0.25 total=39120877\n")
                          .value();
  EXPECT_EQ(totals.some, 48'211'903us);
  EXPECT_EQ(totals.full, 39'120'877us);
}

TEST(ParsePressure, CpuOfOldKernelsHasNoFullLine) {
  const auto totals = parse_pressure("some avg10=0.00 avg60=0.00 avg300=0.00 total=7\n").value();
  EXPECT_EQ(totals.some, 7us);
  EXPECT_EQ(totals.full, 0us);
}

TEST(ParsePressure, RefusesWhatIsNoTotal) {
  for (const char* text :
       {"", "some\n", "some total=\n", "some total=-1\n", "some total=18446744073709551615\n",
        "full total=1\n", "some total=1", "some total=1\nfull avg10=0.00\n", "some total=1x\n"}) {
    EXPECT_FALSE(parse_pressure(text)) << text;
  }
}

TEST(PsiSensor, ReadsThreeResources) {
  const TempTree tree("linux-6.1-unified");
  PsiSensor sensor(SysRoot(tree.path()), false);
  const auto readings = sensor.read(kLook).value();
  ASSERT_EQ(readings.size(), 3u);
  const auto& memory = std::get<StallReading>(readings[0]);
  EXPECT_EQ(memory.resource, StallResource::memory);
  EXPECT_EQ(memory.scope, std::nullopt);
  EXPECT_EQ(memory.some, 48'211'903us);
  EXPECT_EQ(std::get<StallReading>(readings[1]).resource, StallResource::io);
  EXPECT_EQ(std::get<StallReading>(readings[2]).resource, StallResource::cpu);
}

TEST(PsiSensor, ReadsOftenOnlyWhatLevelsDependOn) {
  const TempTree tree;
  const auto write = [&](const char* total) {
    for (const char* resource : {"memory", "io", "cpu"}) {
      tree.write(std::string("proc/pressure/") + resource,
                 std::string("some avg10=0.00 avg60=0.00 avg300=0.00 total=") + total + "\n");
    }
  };
  write("1000");
  PsiSensor sensor(SysRoot(tree.path()), false);
  const auto some = [&](Duration now, bool event = false) {
    std::vector<Duration> totals;
    const Look look{.now = TimePoint(now), .owners = false, .tenants = {}, .event = event};
    const auto readings = sensor.read(look).value();
    for (const Reading& reading : readings) totals.push_back(std::get<StallReading>(reading).some);
    return totals;
  };
  EXPECT_EQ(some(1h), (std::vector<Duration>{1ms, 1ms, 1ms}));
  write("2000");
  EXPECT_EQ(some(1h + 199ms), (std::vector<Duration>{1ms, 1ms, 1ms}));
  EXPECT_EQ(some(1h + 200ms), (std::vector<Duration>{2ms, 1ms, 1ms}));
  write("3000");
  EXPECT_EQ(some(1h + 201ms, true), (std::vector<Duration>{3ms, 1ms, 1ms})) << "a trigger told";
  EXPECT_EQ(some(1h + 10s), (std::vector<Duration>{3ms, 3ms, 3ms}));
}

TEST(PsiSensor, AKernelWithoutPsiHasNoStalls) {
  const TempTree tree("linux-5.4-v1");
  PsiSensor sensor(SysRoot(tree.path()), true);
  EXPECT_TRUE(sensor.read(kLook).value().empty());
  std::vector<Capability> capabilities;
  sensor.capabilities(capabilities);
  ASSERT_EQ(capabilities.size(), 2u);
  EXPECT_FALSE(capabilities[0].available);
  EXPECT_FALSE(capabilities[1].available);
}

TEST(PsiSensor, AFaultNamesTheFile) {
  const TempTree tree("linux-6.1-unified");
  tree.write("proc/pressure/io", "garbage\n");
  PsiSensor sensor(SysRoot(tree.path()), false);
  EXPECT_EQ(sensor.read(kLook).error().where, tree / "proc/pressure/io");
}

TEST(PsiSensor, WakesOnThisMachineWhereTriggersAreAllowed) {
  PsiSensor sensor(SysRoot(), true);
  std::vector<Capability> capabilities;
  sensor.capabilities(capabilities);
  std::vector<WakeFd> wakes;
  sensor.wake_fds(wakes);
  EXPECT_EQ(wakes.size(), capabilities.at(1).available ? 1u : 0u) << capabilities.at(1).reason;
  EXPECT_FALSE(capabilities.at(1).reason.empty());
}

TEST(PsiSensor, WithoutTriggersThereIsNothingToWaitFor) {
  PsiSensor sensor(SysRoot(), false);
  std::vector<WakeFd> wakes;
  sensor.wake_fds(wakes);
  EXPECT_TRUE(wakes.empty());
}

}  // namespace
}  // namespace spillway
