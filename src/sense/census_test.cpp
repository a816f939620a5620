#include "sense/census.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/garbage.h"
#include "tests/support/temp_tree.h"

namespace spillway {
namespace {

using support::TempTree;

Look at(Duration time, bool owners = false) {
  return {.now = TimePoint(time), .owners = owners, .tenants = {}};
}

void add_process(const TempTree& tree, int pid, int pages) {
  const std::string folder = "proc/" + std::to_string(pid) + "/";
  tree.write(folder + "statm", "9999 " + std::to_string(pages) + " 1 1 0 1 0\n");
  tree.write(
      folder + "stat",
      std::to_string(pid) + " (model) S 1 1 1 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 77 0 0\n");
  tree.write(folder + "status", "Name:\tmodel\nUid:\t1000\t1000\t1000\t1000\nVmSwap:\t  8 kB\n");
}

TEST(CensusSensor, NamesTheBiggestEveryTenMinutes) {
  const TempTree tree;
  for (int pid = 1; pid <= 20; ++pid) add_process(tree, pid, pid * 10);
  CensusSensor sensor{SysRoot(tree.path())};
  const auto readings = sensor.read(at(1h)).value();
  ASSERT_EQ(readings.size(), 16U);
  const auto& biggest = std::get<ProcessReading>(readings[0]);
  EXPECT_EQ(biggest.key, (ProcessKey{20, 77}));
  EXPECT_EQ(biggest.rss, Bytes{200 * ::sysconf(_SC_PAGESIZE)});
  EXPECT_EQ(biggest.swap, 8_KiB);
  EXPECT_EQ(biggest.name, "model");
  EXPECT_TRUE(sensor.read(at(1h + 9min)).value().empty());
  EXPECT_EQ(sensor.read(at(1h + 10min)).value().size(), 16U);
}

TEST(CensusSensor, RestsWhileTheOwnersAreLookedForAnyway) {
  const TempTree tree;
  add_process(tree, 1, 10);
  CensusSensor sensor{SysRoot(tree.path())};
  EXPECT_TRUE(sensor.read(at(1h, true)).value().empty());
  EXPECT_TRUE(sensor.read(at(1h + 9min)).value().empty());
  EXPECT_EQ(sensor.read(at(1h + 10min)).value().size(), 1U);
}

TEST(CensusSensor, AProcessThatEndsMeanwhileIsLeftOut) {
  const TempTree tree;
  add_process(tree, 1, 10);
  add_process(tree, 2, 20);
  tree.remove("proc/2/stat");
  CensusSensor sensor{SysRoot(tree.path())};
  EXPECT_EQ(sensor.read(at(1h)).value().size(), 1U);
}

TEST(CensusSensor, SurvivesWhateverStandsThere) {
  const TempTree tree;
  EXPECT_TRUE(CensusSensor{SysRoot(tree.path())}.read(at(1h)).value().empty());
  add_process(tree, 1, 10);
  for (const char* file : {"proc/1/statm", "proc/1/stat", "proc/1/status"}) {
    const std::string sane = tree.read(file);
    for (const auto& spoiler : support::spoilers()) {
      tree.write(file, spoiler.spoil(sane));
      CensusSensor sensor{SysRoot(tree.path())};
      const auto readings = sensor.read(at(1h)).value();
      for (const Reading& reading : readings) {
        EXPECT_GT(std::get<ProcessReading>(reading).rss->count, 0) << spoiler.name;
      }
    }
    tree.write(file, sane);
  }
}

TEST(CensusSensor, FindsSomebodyHere) {
  EXPECT_FALSE(CensusSensor{SysRoot()}.read(at(1h)).value().empty());
}

}  // namespace
}  // namespace spillway
