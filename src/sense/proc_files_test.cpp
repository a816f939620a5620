#include "sense/proc_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/temp_tree.h"

namespace spillway {
namespace {

using support::TempTree;

TEST(ParseStatm, TakesTheResidentPages) {
  EXPECT_EQ(parse_statm("37438 36670 1667 1 0 35316 0\n", 4096).value(), Bytes{36670 * 4096});
  EXPECT_EQ(parse_statm("0 0 0 0 0 0 0\n", 4096).value(), 0_B);
  EXPECT_EQ(parse_statm("1 1 1 1 0 1 0\n", 65536).value(), 64_KiB);
  for (const char* text : {"", "\n", "1\n", "1 2", "1 -2 3\n", "1 18446744073709551615 3\n"}) {
    EXPECT_FALSE(parse_statm(text, 4096)) << text;
  }
}

TEST(ParseStatus, TakesTheEffectiveUserAndSwap) {
  const auto status =
      parse_status("Name:\tx\nUid:\t1000\t1001\t1002\t1003\nVmSwap:\t     512 kB\n").value();
  EXPECT_EQ(status.uid, 1001u);
  EXPECT_EQ(status.swap, 512_KiB);
  EXPECT_EQ(parse_status("Uid:\t0\t0\t0\t0\n")->swap, std::nullopt) << "a kernel thread";
  EXPECT_FALSE(parse_status("Name:\tx\n"));
  EXPECT_FALSE(parse_status("Uid:\t0\t-1\t0\t0\n"));
  EXPECT_FALSE(parse_status("Uid:\t0\t99999999999\t0\t0\n"));
}

TEST(ParseNspid, ListsThePidOfEveryNamespace) {
  EXPECT_EQ(parse_nspid("Pid:\t9\nNSpid:\t4242\t17\t1\n"), (std::vector<pid_t>{4242, 17, 1}));
  EXPECT_TRUE(parse_nspid("Pid:\t9\n").empty());
  EXPECT_TRUE(parse_nspid("NSpid:\t4242\t-1\n").empty());
  EXPECT_TRUE(parse_nspid("NSpid:\t99999999999\n").empty());
}

TEST(ParseSmapsRollup, TakesPss) {
  const TempTree tree("linux-6.18-hybrid");
  EXPECT_EQ(parse_smaps_rollup(tree.read("proc/4242/smaps_rollup")).value(), Bytes{144760 * 1024})
      << "not Pss_Dirty and its like";
  EXPECT_FALSE(parse_smaps_rollup("Pss_Anon: 1 kB\n"));
  EXPECT_FALSE(parse_smaps_rollup("Pss:  12"));
}

TEST(ParseOomScoreAdj, IsBounded) {
  EXPECT_EQ(parse_oom_score_adj("-1000\n"), -1000);
  EXPECT_EQ(parse_oom_score_adj("0\n"), 0);
  EXPECT_FALSE(parse_oom_score_adj("1001\n"));
  EXPECT_FALSE(parse_oom_score_adj(""));
}

TEST(ParseLastPid, IsTheLastWordOfLoadavg) {
  EXPECT_EQ(parse_last_pid("0.08 0.03 0.05 1/123 4567\n"), 4567);
  for (const char* text : {"", "\n", "0.08 0.03 0.05 1/123\n", "0 0 0 1/1 -4\n", "0 0 0 1/1 45"}) {
    EXPECT_FALSE(parse_last_pid(text)) << text;
  }
}

/// Two containers whose first process calls itself 1, and pid 7 in one of them.
struct Containers : TempTree {
  Containers() {
    add_process(1, "1");
    add_process(100, "100\t1");
    add_process(107, "107\t7");
    add_process(200, "200\t1");
  }
  void add_process(pid_t pid, const std::string& pids) const {
    const std::string directory = "proc/" + std::to_string(pid);
    write(directory + "/status", "Name:\tx\nNSpid:\t" + pids + "\n");
    write(directory + "/ns/pid", "");
  }
  ino_t pid_namespace(pid_t pid) const {
    struct stat info {};
    stat((*this / ("proc/" + std::to_string(pid) + "/ns/pid")).c_str(), &info);
    return info.st_ino;
  }
};

TEST(HostPid, FindsTheOnlyProcessWithThatPid) {
  const Containers machine;
  EXPECT_EQ(host_pid(SysRoot(machine.path()), 7), 107);
  EXPECT_EQ(host_pid(SysRoot(machine.path()), 8).error().code, Errc::not_found);
}

TEST(HostPid, DoesNotGuessAmongSeveral) {
  const Containers machine;
  EXPECT_EQ(host_pid(SysRoot(machine.path()), 1).error().code, Errc::refused);
  EXPECT_EQ(host_pid(SysRoot(machine.path()), 1, machine.pid_namespace(200)), 200);
}

TEST(HostPid, FindsThisProcess) {
  struct stat info {};
  ASSERT_EQ(stat("/proc/self/ns/pid", &info), 0);
  EXPECT_EQ(host_pid(SysRoot(), getpid(), info.st_ino), getpid());
}

}  // namespace
}  // namespace spillway
