#include <gtest/gtest.h>

#include <algorithm>

#include "doctor/read/machine.h"
#include "doctor/state/checks.h"
#include "doctor/state/settings.h"
#include "tests/support/garbage.h"
#include "tests/support/temp_tree.h"

// Every file that is read, spoiled in every way and taken away: figures stay sane, and nothing dies.

namespace spillway::doctor {
namespace {

namespace fs = std::filesystem;
using support::TempTree;

void diagnose(const std::string& root, const std::string& how) {
  Examined e;
  e.machine = read_machine(SysRoot(root));
  e.holdings = holdings_of(e.machine, e.report);
  for (const Diagnosis& d : examine(e)) {
    EXPECT_FALSE(d.what.empty()) << how;
    EXPECT_LT(d.what.size() + d.evidence.size() + d.command.size(), 16'384U) << how;
  }
  for (const Setting& setting : settings_of(e.machine))
    EXPECT_LT(setting.value.size(), 1024U) << how;
  EXPECT_FALSE(e.machine.memory.total && e.machine.memory.total->count < 0) << how;
}

TEST(Hostile, AnyFileMayBeSpoiledOrVanish) {
  const TempTree tree("desktop-16g-zram");
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(tree.path())) {
    // One process of nine, and one group, are enough.
    const std::string path = fs::relative(entry.path(), tree.path()).string();
    const bool twin =
        (path.starts_with("proc/") && path[5] <= '9' && !path.starts_with("proc/5200/")) ||
        (path.starts_with("sys/fs/cgroup/") && path.find("ollama") == std::string::npos);
    if (entry.is_regular_file() && !twin) files.push_back(path);
  }
  ASSERT_GT(files.size(), 25U);
  for (const std::string& file : files) {
    const std::string sane = tree.read(file);
    for (const auto& spoiler : support::spoilers()) {
      tree.write(file, spoiler.spoil(sane));
      diagnose(tree.path(), file + " " + spoiler.name);
    }
    tree.remove(file);
    diagnose(tree.path(), file + " gone");
    fs::create_directories(tree / file);
    diagnose(tree.path(), file + " a directory");
    tree.remove(file);
    fs::create_symlink(file, tree / file);
    diagnose(tree.path(), file + " a loop");
    tree.remove(file);
    tree.write(file, sane);
  }
}

TEST(Hostile, GroupsAreFollowedToALimit) {
  const TempTree tree("desktop-16g-zram");
  std::string deep = "sys/fs/cgroup";
  for (int i = 0; i < 20; ++i) {
    tree.write((deep += "/deep") + "/cgroup.procs", "");
    tree.write(deep + "/memory.max", "4096\n");
  }
  const MachineState machine = read_machine(SysRoot(tree.path()));
  EXPECT_EQ(std::count_if(machine.groups.begin(), machine.groups.end(),
                          [](const Group& g) { return g.path.starts_with("/deep"); }),
            8);
}

}  // namespace
}  // namespace spillway::doctor
