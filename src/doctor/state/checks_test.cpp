#include "doctor/state/checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "doctor/read/machine.h"
#include "doctor/state/driver_bugs.h"
#include "doctor/state/words.h"
#include "tests/support/temp_tree.h"

// Each check on a healthy desktop, where it must be silent, and on its ill twin, where it must speak.

namespace spillway::doctor {
namespace {

using support::TempTree;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kHealthy = "desktop-16g-zram";

Examined examined(const TempTree& tree) {
  Examined e;
  e.machine = read_machine(SysRoot(tree.path()));
  e.holdings = holdings_of(e.machine, e.report);
  return e;
}

std::vector<std::string> findings(const Examined& e) {
  std::vector<std::string> names;
  for (const Diagnosis& d : examine(e)) {
    if (d.severity > Severity::note) names.emplace_back(d.check);
  }
  return names;
}

const Diagnosis* find(const std::vector<Diagnosis>& all, std::string_view check) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Diagnosis& d) { return d.check == check; });
  return found == all.end() ? nullptr : &*found;
}

TEST(Doctor, AHealthyDesktopHasNoFinding) {
  const TempTree tree(kHealthy);
  const auto diagnoses = examine(examined(tree));
  for (const Diagnosis& d : diagnoses) EXPECT_EQ(d.severity, Severity::note) << d.check << d.what;
  EXPECT_FALSE(has_findings(diagnoses));
}

TEST(Doctor, AMachineOfWhichNothingCanBeReadHasNoFinding) {
  const TempTree tree;
  EXPECT_THAT(findings(examined(tree)), IsEmpty());
}

struct Change {
  const char *file, *from, *to;  // an empty `from` replaces all of it
};
struct Case {
  const char* check;
  std::vector<Change> changes;
  const char* command;  // a part of it
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.check; }

class IllTwin : public testing::TestWithParam<Case> {};

void apply(const TempTree& tree, const Change& change) {
  std::string text = tree.read(change.file);
  const std::string from = change.from;
  if (from.empty()) {
    text = change.to;
  } else {
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << change.file << ": " << from;
    text.replace(at, from.size(), change.to);
  }
  tree.write(change.file, text);
}

TEST_P(IllTwin, HasThisFindingAndNoOther) {
  const TempTree tree(kHealthy);
  for (const Change& change : GetParam().changes) apply(tree, change);
  const auto all = examine(examined(tree));
  const Diagnosis* found = find(all, GetParam().check);
  ASSERT_NE(found, nullptr);
  EXPECT_GT(found->severity, Severity::note);
  EXPECT_FALSE(found->what.empty());
  EXPECT_FALSE(found->evidence.empty());
  EXPECT_FALSE(found->fix.empty());
  EXPECT_THAT(found->command, HasSubstr(GetParam().command));
  EXPECT_THAT(findings(examined(tree)), ElementsAre(GetParam().check));
}

constexpr const char* kSwaps = "proc/swaps";
constexpr const char* kMeminfo = "proc/meminfo";

std::string case_name(const testing::TestParamInfo<Case>& info) {
  std::string name = info.param.check + std::string("_") + std::to_string(info.index);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(
    Swap, IllTwin,
    testing::Values(
        Case{"swap-while-ram-is-free",  // more than 10 % of it
             {{kMeminfo, "6160384 kB", "5500000 kB"}, {kSwaps, "131072", "791456"}},
             "spillway tune drain-swap"},
        Case{"swap-while-ram-is-free",  // more than 500 MB, less than 10 %
             {{kMeminfo, "SwapTotal:       6291456 kB", "SwapTotal:       16291456 kB"},
              {kMeminfo, "6160384 kB", "15700000 kB"},
              {kSwaps, "131072", "591456"}},
             "drain-swap"},
        Case{"process-in-swap",
             {{"proc/5200/status", "VmSwap:\t       0", "VmSwap:\t 1100000"}},
             "drain-swap"},
        Case{"process-in-swap",  // and no room to bring it back
             {{"proc/5200/status", "VmSwap:\t       0", "VmSwap:\t 1100000"},
              {kMeminfo, "MemAvailable:    9420800", "MemAvailable:     100800"}},
             "spillway free --ram 1126400000"},
        Case{"no-swap",
             {{kMeminfo, "SwapTotal:       6291456", "SwapTotal:             0"},
              {kMeminfo, "SwapFree:        6160384", "SwapFree:              0"},
              {kSwaps, "", "Filename\tType\tSize\tUsed\tPriority\n"}},
             "zramctl"},
        Case{"swap-order",
             {{kSwaps, "100\n", "100\n/dev/sda2 partition 8388608 0 100\n"}},
             "swapon -p 101 /dev/zram0"},
        Case{"swappiness", {{"proc/sys/vm/swappiness", "", "0\n"}}, "vm.swappiness=150"},
        Case{"swappiness",
             {{kSwaps, "/dev/zram0", "/swapfile "}, {"proc/sys/vm/swappiness", "", "180\n"}},
             "vm.swappiness=10"}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Kernel, IllTwin,
    testing::Values(
        Case{"kernel-oom-kills", {{"proc/vmstat", "oom_kill 0", "oom_kill 3"}}, "explain --boot"},
        Case{"panic-on-oom", {{"proc/sys/vm/panic_on_oom", "", "1\n"}}, "vm.panic_on_oom=0"},
        Case{"vfs-cache-pressure", {{"proc/sys/vm/vfs_cache_pressure", "", "0\n"}}, "pressure=50"},
        Case{"dirty-ratio", {{"proc/sys/vm/dirty_ratio", "", "60\n"}}, "vm.dirty_ratio=15"},
        Case{"overcommit",
             {{"proc/sys/vm/overcommit_memory", "", "2\n"},
              {kMeminfo, "Committed_AS:   11468800", "Committed_AS:   16300000"}},
             "vm.overcommit_memory=0"},
        Case{"overcommit",
             {{"proc/sys/vm/overcommit_memory", "", "2\n"},
              {"sys/bus/pci/drivers/nvidia/0000:41:00.0", "", ""}},
             "vm.overcommit_memory=0"},
        Case{"huge-page-stalls",
             {{"sys/kernel/mm/transparent_hugepage/enabled", "", "[always] madvise never\n"},
              {"sys/kernel/mm/transparent_hugepage/defrag", "", "[always] defer madvise never\n"}},
             "tee /sys/kernel/mm/transparent_hugepage/defrag"},
        Case{"idle-huge-pages",
             {{kMeminfo, "HugePages_Total:       0", "HugePages_Total:    1024"},
              {kMeminfo, "HugePages_Free:        0", "HugePages_Free:     1000"},
              {kMeminfo, "Hugetlb:               0", "Hugetlb:         2097152"}},
             "vm.nr_hugepages=24"},
        Case{
            "min-free", {{"proc/sys/vm/min_free_kbytes", "", "2000000\n"}}, "vm.min_free_kbytes="}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    ProcessesAndGroups, IllTwin,
    testing::Values(
        Case{"spared-by-the-kernel",
             {{"proc/5200/oom_score_adj", "", "-1000\n"},
              {"proc/5200/status", "RssAnon:\t 1945600", "RssAnon:\t 6945600"}},
             "/proc/5200/oom_score_adj"},
        Case{"address-limit",
             {{"proc/5200/limits", "unlimited            unlimited",
               "10737418240          unlimited"}},
             "sudo prlimit --pid 5200"},
        Case{"group-near-limit",
             {{"sys/fs/cgroup/system.slice/ollama.service/memory.current", "", "8500000000\n"}},
             "set-property --runtime ollama.service MemoryMax="},
        Case{"group-throttled",
             {{"sys/fs/cgroup/system.slice/ollama.service/memory.high", "", "1000000000\n"}},
             "set-property --runtime ollama.service MemoryHigh="},
        Case{"group-oom-kills",
             {{"sys/fs/cgroup/system.slice/ollama.service/memory.events", "oom_kill 0",
               "oom_kill 2"},
              {"sys/fs/cgroup/system.slice/memory.events", "oom_kill 0", "oom_kill 2"}},
             "spillway explain --boot"},
        Case{"unit-obsolete-limit",
             {{"etc/systemd/system/ollama.service.d/memory.conf", "MemoryMax=8G",
               "MemoryLimit = 8G"}},
             "/etc/systemd/system/ollama.service.d/memory.conf"},
        Case{"unit-address-limit",
             {{"etc/systemd/system/ollama.service.d/memory.conf", "MemoryMax=8G", "LimitAS=8G"},
              {"sys/module/nvidia/version", "", "570.133.20\n"}},
             "systemctl edit ollama.service"}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    RivalsAndGpus, IllTwin,
    testing::Values(Case{"several-killers",
                         {{"proc/700/status", "", "Name:\tearlyoom\nUid:\t0\nVmRSS:\t1 kB\n"},
                          {"proc/701/status", "", "Name:\tsystemd-oomd\nUid:\t0\nVmRSS:\t1 kB\n"}},
                         "systemctl disable --now"},
                    Case{"kills-before-the-ladder",
                         {{"proc/700/status", "", "Name:\tearlyoom\nUid:\t0\nVmRSS:\t1 kB\n"},
                          {"proc/700/cmdline", "", "/usr/bin/earlyoom -m 15 -s 100"}},
                         "/etc/default/earlyoom"},
                    Case{"gpu-driver", {{"sys/module/nvidia/version", "", "535.161.07\n"}}, ""},
                    Case{"gpu-memory-errors",
                         {{"sys/bus/pci/drivers/amdgpu/0000:03:00.0", "", ""},
                          {"sys/bus/pci/devices/0000:03:00.0/ras/gpu_vram_bad_pages", "",
                           "0x00000001 : 0x00001000 : R\n"}},
                         "cat /sys/bus/pci/devices/0000:03:00.0/ras/gpu_vram_bad_pages"},
                    Case{"gpu-memory-errors",
                         {{"sys/bus/pci/drivers/amdgpu/0000:03:00.0", "", ""},
                          {"sys/bus/pci/devices/0000:03:00.0/ras/umc_err_count", "",
                           "ue: 2\nce: 7\n"}},
                         "sudo reboot"}),
    case_name);

TEST(SwapNearlyFull, IsAProblemOnceRamIsFullToo) {
  const TempTree tree(kHealthy);
  apply(tree, {kMeminfo, "6160384 kB", "  60384 kB"});
  apply(tree, {kMeminfo, "MemAvailable:    9420800", "MemAvailable:     420800"});
  const auto all = examine(examined(tree));
  const Diagnosis* found = find(all, "swap-nearly-full");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->severity, Severity::problem);
  EXPECT_EQ(find(all, "swap-while-ram-is-free"), nullptr);  // RAM would not hold it
}

TEST(SwapWhileRamIsFree, NamesWhoIsInIt) {
  const TempTree tree(kHealthy);
  apply(tree, {kMeminfo, "6160384 kB", "5500000 kB"});
  const auto all = examine(examined(tree));
  EXPECT_THAT(find(all, "swap-while-ram-is-free")->evidence,
              HasSubstr("in it: firefox (4100) 60 MiB, gnome-shell (2210) 30 MiB"));
}

TEST(Earlyoom, IsLeftAloneWhereSwapHoldsItBack) {
  const TempTree tree(kHealthy);
  tree.write("proc/700/status", "Name:\tearlyoom\nUid:\t0\nVmRSS:\t1 kB\n");
  tree.write("proc/700/cmdline", "/usr/bin/earlyoom -r 3600");
  EXPECT_THAT(findings(examined(tree)), IsEmpty());
  tree.write("proc/700/cmdline", std::string("/usr/bin/earlyoom\0-m3,2\0-s\0"
                                             "100",
                                             30));
  EXPECT_THAT(findings(examined(tree)), IsEmpty());
}

TEST(VirtualSize, IsToldAndNoFinding) {
  const TempTree tree(kHealthy);
  apply(tree, {"proc/5200/status", "VmSize:\t10035200", "VmSize:\t999999999"});
  const auto all = examine(examined(tree));
  const Diagnosis* found = find(all, "virtual-size");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->severity, Severity::note);
  EXPECT_THAT(found->evidence, HasSubstr("python3 main.py (5200)"));
}

TEST(DriverBugs, AreThoseOfTheVersionsTheyAreIn) {
  EXPECT_EQ(driver_bugs("535.54.03").size(), 2U);
  EXPECT_EQ(driver_bugs("535.86.05").size(), 1U);
  EXPECT_THAT(driver_bugs("535.98"), IsEmpty());
  EXPECT_THAT(driver_bugs("530.41.03"), IsEmpty());
  EXPECT_THAT(driver_bugs("570.133.20"), IsEmpty());
  for (const char* version :
       {"", ".", "535.", "535.x", "5.3.5.6.7", "-1", "99999999999999999999.1"}) {
    EXPECT_THAT(driver_bugs(version), IsEmpty()) << version;
  }
}

TEST(ShellWord, NeedsNoTrust) {
  EXPECT_EQ(shell_word("/dev/sda2"), "/dev/sda2");
  EXPECT_EQ(shell_word("a b"), "'a b'");
  EXPECT_EQ(shell_word("a'; rm -rf /"), "'a'\\''; rm -rf /'");
  EXPECT_EQ(shell_word(""), "''");
}

}  // namespace
}  // namespace spillway::doctor
