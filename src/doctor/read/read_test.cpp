#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "doctor/read/memory.h"
#include "doctor/read/processes.h"
#include "tests/support/garbage.h"
#include "tests/support/temp_tree.h"

namespace spillway::doctor {
namespace {

using support::TempTree;

TEST(ReadMemory, OfACapturedMachine) {
  const TempTree tree("linux-6.1-debian-zram");
  const SysRoot root(tree.path());
  const MemoryState memory = read_memory(root);
  EXPECT_EQ(memory.total, Bytes{2012096LL << 10});
  EXPECT_EQ(memory.anonymous, Bytes{96632LL << 10});
  EXPECT_EQ(memory.huge_pages_total, 0U);
  EXPECT_EQ(memory.swap_free, Bytes{482044LL << 10});
  const auto areas = read_swap_areas(root);
  ASSERT_EQ(areas.size(), 1U);
  EXPECT_TRUE(areas[0].is_zram());
  EXPECT_EQ(areas[0].used, Bytes{42240LL << 10});
  EXPECT_EQ(areas[0].priority, -2);
  const auto zram = read_zram(root);
  ASSERT_EQ(zram.size(), 1U);
  EXPECT_EQ(zram[0].size, Bytes{536870912});
  EXPECT_EQ(zram[0].physical, Bytes{12288});
}

TEST(ReadMemory, WhatIsNotThereIsAbsent) {
  const TempTree tree;
  const SysRoot root(tree.path());
  EXPECT_FALSE(read_memory(root).total);
  EXPECT_TRUE(read_swap_areas(root).empty());
  EXPECT_TRUE(read_zram(root).empty());
  EXPECT_TRUE(read_processes(root).empty());
}

TEST(ReadProcesses, OfACapturedMachine) {
  const TempTree tree("linux-6.1-debian");
  tree.write("proc/204/cmdline", std::string("/usr/bin/perl\0-e\0sleep\0", 23));
  tree.write("proc/204/limits",
             "Limit                     Soft Limit           Hard Limit           Units     \n"
             "Max cpu time              unlimited            unlimited            seconds   \n"
             "Max address space         1073741824           unlimited            bytes     \n");
  const auto processes = read_processes(SysRoot(tree.path()));
  ASSERT_EQ(processes.size(), 1U);
  EXPECT_EQ(processes[0].pid, 204);
  EXPECT_EQ(processes[0].name, "perl");
  EXPECT_EQ(processes[0].command, "/usr/bin/perl -e sleep");
  EXPECT_EQ(processes[0].anonymous, Bytes{110716LL << 10});
  EXPECT_EQ(processes[0].swapped, Bytes{21624LL << 10});
  EXPECT_EQ(processes[0].peak_resident, Bytes{136756LL << 10});
  EXPECT_EQ(processes[0].oom_score_adj, 0);
  EXPECT_EQ(processes[0].address_limit, 1_GiB);
  EXPECT_EQ(processes[0].group, "/app.slice/llm.service");
}

TEST(ReadProcesses, AProcessThatEndsMeanwhileIsLeftOut) {
  const TempTree tree("linux-6.1-debian");
  std::filesystem::create_directories(tree / "proc/300");         // its files are gone already
  tree.write("proc/301/status", "Name:\tkworker\nUid:\t0\t0\n");  // a kernel thread
  tree.write("proc/302", "not a directory");
  tree.write("proc/99999999999999999999/status", "Name:\tx\nVmRSS:\t1 kB\n");
  const auto processes = read_processes(SysRoot(tree.path()));
  ASSERT_EQ(processes.size(), 1U);
}

TEST(ReadProcesses, FindsThisOne) {
  const auto processes = read_processes(SysRoot());
  const auto self = std::find_if(processes.begin(), processes.end(),
                                 [](const Process& p) { return p.pid == ::getpid(); });
  ASSERT_NE(self, processes.end());
  EXPECT_GT(self->own()->count, 0);
}

TEST(ReadAnything, GarbageGivesNoFigureThatNoMachineHas) {
  const TempTree sane("linux-6.1-debian-zram");
  const TempTree with_process("linux-6.1-debian");
  for (const auto& spoiler : support::spoilers()) {
    const MemoryState memory = parse_meminfo(spoiler.spoil(sane.read("proc/meminfo")));
    EXPECT_FALSE(memory.total && memory.total->count < 0) << spoiler.name;
    EXPECT_FALSE(spoiler.leaves_nothing && memory.total) << spoiler.name;
    for (const SwapArea& area : parse_swap_areas(spoiler.spoil(sane.read("proc/swaps")))) {
      EXPECT_GE(area.size.count, 0) << spoiler.name;
    }
    const auto status = parse_process_status(spoiler.spoil(with_process.read("proc/204/status")));
    EXPECT_FALSE(status && status->resident->count < 0) << spoiler.name;
    EXPECT_FALSE(spoiler.leaves_nothing && status) << spoiler.name;
  }
}

}  // namespace
}  // namespace spillway::doctor
