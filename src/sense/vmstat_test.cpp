#include "sense/vmstat.h"

#include <gtest/gtest.h>

#include "tests/support/temp_tree.h"

namespace spillway {
namespace {

using support::TempTree;

Look at(Duration since_boot) {
  return {.now = TimePoint(since_boot), .owners = false, .tenants = {}};
}

TEST(ParseVmstat, ReadsTheCountersOfNewKernels) {
  const auto vm = parse_vmstat(TempTree("linux-6.1-unified").read("proc/vmstat")).value();
  EXPECT_EQ(vm.refault_anon, 40122u);
  EXPECT_EQ(vm.refault_file, 918233u);
  EXPECT_EQ(vm.pgscan_direct, 30221u) << "not pgscan_direct_throttle";
  EXPECT_EQ(vm.pgscan_kswapd, 6120998u);
  EXPECT_EQ(vm.pgsteal, 5012233u + 22110u);
  EXPECT_EQ(vm.pswpin, 40122u);
  EXPECT_EQ(vm.pswpout, 310998u);
  EXPECT_EQ(vm.oom_kill, 2u);
}

TEST(ParseVmstat, BeforeTheSplitRefaultsWereOfFiles) {
  const auto vm = parse_vmstat(TempTree("linux-5.4-v1").read("proc/vmstat")).value();
  EXPECT_EQ(vm.refault_file, 771230u);
  EXPECT_EQ(vm.refault_anon, std::nullopt);
}

TEST(ParseVmstat, ReadsCapturedFilesWhole) {
  for (const char* fixture : {"linux-6.18-hybrid", "linux-6.1-debian"}) {
    const auto vm = parse_vmstat(TempTree(fixture).read("proc/vmstat")).value();
    for (const auto& counter : {vm.refault_anon, vm.refault_file, vm.pgscan_direct,
                                vm.pgscan_kswapd, vm.pgsteal, vm.pswpin, vm.pswpout, vm.oom_kill}) {
      EXPECT_TRUE(counter) << fixture;
    }
  }
}

TEST(ParseVmstat, WhatIsMissingOrGarbledIsUnknown) {
  const auto vm = parse_vmstat("pswpin 3\npswpout -4\noom_kill 99999999999999999999\n").value();
  EXPECT_EQ(vm.pswpin, 3u);
  EXPECT_EQ(vm.pswpout, std::nullopt);
  EXPECT_EQ(vm.oom_kill, std::nullopt);
  EXPECT_EQ(vm.pgsteal, std::nullopt);
  EXPECT_FALSE(parse_vmstat("nr_free_pages 3\n"));
  EXPECT_FALSE(parse_vmstat(""));
}

TEST(VmstatSensor, ReadsTheFileSeldomAndAfterAnEvent) {
  const TempTree tree;
  tree.write("proc/vmstat", "oom_kill 1\n");
  VmstatSensor sensor{SysRoot(tree.path())};
  const auto kills = [&](Duration now, bool event = false) {
    const Look look{.now = TimePoint(now), .owners = false, .tenants = {}, .event = event};
    const auto vm = std::get<VmCounters>(sensor.read(look).value().at(0));
    return std::pair{*vm.oom_kill, vm.taken};
  };
  EXPECT_EQ(kills(1h), std::pair(std::uint64_t{1}, TimePoint(1h)));
  tree.write("proc/vmstat", "oom_kill 2\n");
  EXPECT_EQ(kills(1h + 29s), std::pair(std::uint64_t{1}, TimePoint(1h)));
  EXPECT_EQ(kills(1h + 30s), std::pair(std::uint64_t{2}, TimePoint(1h + 30s)));
  tree.write("proc/vmstat", "oom_kill 3\n");
  EXPECT_EQ(kills(1h + 30s + 999ms, true), std::pair(std::uint64_t{2}, TimePoint(1h + 30s)));
  EXPECT_EQ(kills(1h + 31s, true), std::pair(std::uint64_t{3}, TimePoint(1h + 31s)));
}

TEST(VmstatSensor, AFaultIsNotAnsweredFromMemory) {
  const TempTree tree;
  tree.write("proc/vmstat", "oom_kill 1\n");
  VmstatSensor sensor{SysRoot(tree.path())};
  ASSERT_TRUE(sensor.read(at(1h)));
  tree.write("proc/vmstat", "garbage\n");
  EXPECT_EQ(sensor.read(at(1h + 12s)).error().where, tree / "proc/vmstat");
  EXPECT_FALSE(sensor.read(at(1h + 12s)));
}

}  // namespace
}  // namespace spillway
