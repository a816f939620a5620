#include "doctor/tune/recommend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "doctor/tune/files.h"
#include "tests/support/temp_tree.h"

namespace spillway::doctor {
namespace {

using support::TempTree;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A machine of 16 GiB with the kernel's defaults and a swap partition of 8 GiB.
TuneMachine machine_with_disk_swap() {
  TuneMachine machine;
  machine.running = true;
  machine.memory.total = 16_GiB;
  machine.swaps = {{"/dev/sda2", 8_GiB, 1_GiB, -2}};
  machine.values = {{"vm.swappiness", "60"},
                    {"vm.page-cluster", "3"},
                    {"vm.vfs_cache_pressure", "100"},
                    {"vm.dirty_ratio", "20"},
                    {"vm.dirty_background_ratio", "10"},
                    {"vm.watermark_scale_factor", "10"},
                    {"vm.overcommit_memory", "0"},
                    {"lru_gen.min_ttl_ms", "0"}};
  return machine;
}

const TuneChange* find(const Recommendation& all, const std::string& key) {
  for (const TuneChange& change : all.changes) {
    if (change.key == key) return &change;
  }
  return nullptr;
}

std::string after(const Recommendation& all, const std::string& key) {
  const TuneChange* change = find(all, key);
  return change == nullptr ? "unchanged" : change->after;
}

bool advises(const Recommendation& all, const std::string& words) {
  for (const TuneAdvice& advice : all.advice) {
    std::string text = advice.about + ": " + advice.reason;
    for (const std::string& command : advice.commands) text += "\n" + command;
    if (text.find(words) != text.npos) return true;
  }
  return false;
}

TEST(Recommend, SwapsSeldomToADisk) {
  const auto all = recommend(machine_with_disk_swap(), {});
  EXPECT_EQ(after(all, "vm.swappiness"), "10");
  EXPECT_EQ(after(all, "vm.vfs_cache_pressure"), "50");
  EXPECT_EQ(after(all, "vm.dirty_ratio"), "15");
  EXPECT_EQ(after(all, "vm.dirty_background_ratio"), "5");
  EXPECT_EQ(after(all, "lru_gen.min_ttl_ms"), "1000");
  EXPECT_EQ(after(all, "vm.watermark_scale_factor"), "unchanged");
  EXPECT_EQ(after(all, "vm.overcommit_memory"), "unchanged");
  for (const TuneChange& change : all.changes) {
    EXPECT_FALSE(change.reason.empty()) << change.key;
    EXPECT_FALSE(change.source.empty()) << change.key;
  }
}

TEST(Recommend, SwapsReadilyToZram) {
  auto machine = machine_with_disk_swap();
  machine.swaps = {{"/dev/zram0", 8_GiB, 1_GiB, 100}};
  machine.zrams = {{.name = "zram0", .size = 8_GiB, .algorithm = "zstd"}};
  auto all = recommend(machine, {});
  EXPECT_EQ(after(all, "vm.swappiness"), "180");
  EXPECT_EQ(after(all, "vm.page-cluster"), "0");
  EXPECT_EQ(after(all, "vm.watermark_scale_factor"), "125");
  EXPECT_EQ(after(all, "zram0.zram-size"), "unchanged");
  EXPECT_FALSE(advises(all, "swap file"));

  machine.values["vm.swappiness"] = "133";  // somebody's choice, and a sound one
  EXPECT_EQ(find(recommend(machine, {}), "vm.swappiness"), nullptr);

  machine.values["vm.swappiness"] = "60";
  machine.swaps.push_back({"/dev/sda2", 8_GiB, 0_B, -2});
  EXPECT_EQ(after(recommend(machine, {}), "vm.swappiness"), "100");
}

TEST(Recommend, MakesZramOnlyWhereItsGeneratorIsInstalled) {
  auto machine = machine_with_disk_swap();
  EXPECT_TRUE(advises(recommend(machine, {}), "apt install systemd-zram-generator"));
  machine.has_zram_generator = true;
  const auto all = recommend(machine, {});
  EXPECT_EQ(after(all, "zram0.zram-size"), "max(ram / 4, min(ram / 2, 8192))");
  EXPECT_EQ(after(all, "zram0.compression-algorithm"), "zstd");
  EXPECT_EQ(after(all, "vm.swappiness"), "100");

  const auto none = recommend(machine, {.swap = 0_B});
  EXPECT_EQ(find(none, "zram0.zram-size"), nullptr);
  EXPECT_TRUE(advises(none, "spillway tune drain-swap"));
}

TEST(Recommend, NamesNothingThatIsRightAlready) {
  auto machine = machine_with_disk_swap();
  machine.values = {{"vm.swappiness", "1"},
                    {"vm.vfs_cache_pressure", "50"},
                    {"vm.dirty_ratio", "10"},
                    {"vm.dirty_background_ratio", "0"},  // vm.dirty_background_bytes is in force
                    {"lru_gen.min_ttl_ms", "5000"}};
  machine.zrams = {};
  EXPECT_THAT(recommend(machine, {}).changes, IsEmpty());
}

TEST(Recommend, UndoesStrictOvercommit) {
  auto machine = machine_with_disk_swap();
  machine.values["vm.overcommit_memory"] = "2";
  EXPECT_EQ(after(recommend(machine, {}), "vm.overcommit_memory"), "0");
}

TEST(Recommend, LimitsARuntimesUnitByTheTarget) {
  auto machine = machine_with_disk_swap();
  machine.units = {{"ollama.service", {{"MemoryLimit", "8G"}, {"LimitAS", "16G"}}}};
  auto all = recommend(machine, {.ram = 4_GiB, .vram = 4_GiB, .swap = 0_B});
  EXPECT_EQ(after(all, "ollama.service.MemoryMax"), "4096M");
  EXPECT_EQ(after(all, "ollama.service.MemoryHigh"), "3686M");
  EXPECT_EQ(after(all, "ollama.service.MemorySwapMax"), "0");
  EXPECT_EQ(after(all, "ollama.service.OOMPolicy"), "continue");
  EXPECT_EQ(after(all, "ollama.service.OOMScoreAdjust"), "200");
  EXPECT_EQ(after(all, "ollama.service.MemoryAccounting"), "yes");
  EXPECT_EQ(find(all, "ollama.service.ManagedOOMPreference"), nullptr);
  EXPECT_TRUE(advises(all, "MemoryLimit= is obsolete"));
  EXPECT_TRUE(advises(all, "breaks CUDA"));
  EXPECT_TRUE(advises(all, "OLLAMA_MAX_LOADED_MODELS=1"));
  EXPECT_TRUE(advises(all, "TF_FORCE_GPU_ALLOW_GROWTH=true"));

  machine.has_oomd = true;
  all = recommend(machine, {.available = 4_GiB});
  EXPECT_EQ(after(all, "ollama.service.MemoryMax"), "12288M");  // of 16 GiB
  EXPECT_EQ(after(all, "ollama.service.ManagedOOMPreference"), "avoid");
  EXPECT_EQ(find(all, "ollama.service.MemorySwapMax"), nullptr);
}

TEST(Recommend, LeavesATighterLimitAlone) {
  auto machine = machine_with_disk_swap();
  machine.units = {{"ollama.service", {{"MemoryMax", "2G"}, {"MemoryHigh", "50%"}}}};
  const auto all = recommend(machine, {.ram = 4_GiB});
  EXPECT_EQ(find(all, "ollama.service.MemoryMax"), nullptr);
  EXPECT_EQ(find(all, "ollama.service.MemoryHigh"), nullptr);
}

TEST(Recommend, TellsAnImageWhatNeedsNoMachine) {
  TuneMachine image;
  image.swap_in_fstab = true;
  const auto all = recommend(image, {});
  ASSERT_NE(find(all, "vm.swappiness"), nullptr);
  EXPECT_EQ(find(all, "vm.swappiness")->before, std::nullopt);
  EXPECT_EQ(after(all, "vm.swappiness"), "10");
  EXPECT_EQ(find(all, "lru_gen.min_ttl_ms"), nullptr);  // its kernel may have no such thing
}

TEST(Recommend, CanBeNarrowed) {
  auto all = recommend(machine_with_disk_swap(), {});
  choose_changes(all, {"vm.*"}, {"vm.dirty*", "vm.vfs*"});
  ASSERT_EQ(all.changes.size(), 1U);
  EXPECT_EQ(all.changes[0].key, "vm.swappiness");
}

TEST(ReadTuneMachine, ReadsSwapsZramSettingsAndUnitsWithTheirDropIns) {
  const TempTree tree("linux-6.1-debian-zram");
  tree.write("proc/sys/vm/swappiness", "60\n");
  tree.write("usr/lib/systemd/system/ollama.service",
             "[Service]\nMemoryMax=1G\n# MemoryHigh=1\nOOMPolicy = stop\n");
  tree.write("usr/lib/systemd/system/ollama.service.d/50.conf", "[Service]\nMemoryMax=2G\n");
  tree.write("etc/systemd/system/ollama.service.d/50.conf", "[Service]\nMemoryMax=3G\n");
  tree.write("usr/lib/systemd/system-generators/zram-generator", "");
  const auto machine = read_tune_machine(SysRoot(tree.path()), {"none.service"});
  EXPECT_TRUE(machine.running);
  EXPECT_TRUE(machine.memory.total.has_value());
  EXPECT_TRUE(machine.has_zram_generator);
  EXPECT_EQ(machine.values.at("vm.swappiness"), "60");
  ASSERT_EQ(machine.units.size(), 1U);
  EXPECT_EQ(machine.units[0].directives.at("MemoryMax"), "3G");
  EXPECT_EQ(machine.units[0].directives.at("OOMPolicy"), "stop");
  EXPECT_FALSE(machine.units[0].directives.contains("MemoryHigh"));
}

TEST(ReadTuneMachine, ReadsWhatAnImageWillHave) {
  const TempTree tree;
  tree.write("etc/fstab", "/dev/sda2 none swap sw 0 0\n");
  tree.write("usr/lib/sysctl.d/50-a.conf", "vm.swappiness = 60\n");
  tree.write("etc/sysctl.d/50-a.conf", "vm.dirty_ratio=30\n# vm.dirty_ratio=1\n");
  tree.write("usr/lib/sysctl.d/60-b.conf", "-vm/vfs_cache_pressure = 40\n");
  const auto machine = read_tune_machine(SysRoot(tree.path()), {});
  EXPECT_FALSE(machine.running);
  EXPECT_TRUE(machine.has_disk_swap());
  const auto all = recommend(machine, {});
  EXPECT_EQ(find(all, "vm.swappiness")->before, std::nullopt);  // 50-a.conf of /etc hides it
  EXPECT_EQ(find(all, "vm.dirty_ratio")->before, "30");
  EXPECT_EQ(find(all, "vm.vfs_cache_pressure"), nullptr);

  const auto files = tune_files(all.changes, "0001");
  for (const TuneFile& file : files) tree.write(file.path.substr(1), file.text);
  EXPECT_THAT(recommend(read_tune_machine(SysRoot(tree.path()), {}), {}).changes, IsEmpty());
}

TEST(ReadTuneMachine, KnowsZramThatIsNotThereYet) {
  const TempTree tree("linux-6.1-debian");
  tree.write("usr/lib/systemd/system-generators/zram-generator", "");
  const auto before = recommend(read_tune_machine(SysRoot(tree.path()), {}), {});
  EXPECT_NE(find(before, "zram0.zram-size"), nullptr);
  for (const TuneFile& file : tune_files(before.changes, "0001")) {
    tree.write(file.path.substr(1), file.text);
  }
  const auto after = recommend(read_tune_machine(SysRoot(tree.path()), {}), {});
  EXPECT_EQ(find(after, "zram0.zram-size"), nullptr);
  EXPECT_TRUE(advises(after, "systemd-zram-setup@zram0"));
}

TEST(ReadTuneMachine, TakesNothingFromGarbage) {
  TempTree tree;
  tree.write("proc/meminfo", "MemTotal: 99999999999999999999 kB\nMemTotal\n:\n");
  tree.write("proc/swaps", "Filename\n/dev/a partition -1 0 -2\n/dev/b\n\n/dev/c file 8 4 x\n");
  tree.write("etc/fstab", "# /swap none swap\nswap\n");
  tree.write("sys/block/zram0/disksize", "18446744073709551615\n");
  tree.write("proc/sys/vm/swappiness", "sixty");
  const auto machine = read_tune_machine(SysRoot(tree.path()), {});
  EXPECT_FALSE(machine.memory.total.has_value());
  EXPECT_THAT(machine.swaps, IsEmpty());
  EXPECT_FALSE(machine.has_disk_swap());
  EXPECT_FALSE(machine.has_zram());
}

TEST(TuneFiles, HaveOneFilePerHomeAndUnitAndNamesOfTheirOwn) {
  auto machine = machine_with_disk_swap();
  machine.has_zram_generator = true;
  machine.units = {{"ollama.service", {}}, {"ai.slice", {}}};
  const auto files = tune_files(recommend(machine, {.ram = 4_GiB}).changes, "0007");
  std::vector<std::string> paths;
  for (const TuneFile& file : files) {
    paths.push_back(file.path);
    EXPECT_TRUE(is_tune_file(file.path)) << file.path;
    EXPECT_TRUE(is_tune_file(trial_path(file.path))) << file.path;
  }
  EXPECT_THAT(paths, ElementsAre("/etc/systemd/zram-generator.conf.d/90-spillway-0007.conf",
                                 "/etc/sysctl.d/99-zz-spillway-0007.conf",
                                 "/etc/tmpfiles.d/zz-spillway-0007.conf",
                                 "/etc/systemd/system/ollama.service.d/90-spillway-0007.conf",
                                 "/etc/systemd/system/ai.slice.d/90-spillway-0007.conf"));
  EXPECT_THAT(files[0].text, HasSubstr("\n[zram0]\n"));
  EXPECT_THAT(files[1].text, HasSubstr("\nvm.swappiness = 100\n"));
  EXPECT_THAT(files[2].text, HasSubstr("\nw /sys/kernel/mm/lru_gen/min_ttl_ms - - - - 1000\n"));
  EXPECT_THAT(files[3].text, HasSubstr("\n[Service]\n"));
  EXPECT_THAT(files[3].text, HasSubstr("\nMemoryMax=4096M\n"));
  EXPECT_THAT(files[4].text, HasSubstr("\n[Slice]\n"));
}

TEST(TuneFiles, AreTheOnlyOnesThatMayBeNamed) {
  for (const char* path :
       {"/etc/passwd", "/etc/sysctl.d/10-a.conf", "/etc/sysctl.d/99-zz-spillway-/../x.conf",
        "/etc/systemd/system/../../x.d/90-spillway-1.conf",
        "/etc/systemd/system/90-spillway-1.conf", "/etc/systemd/system/a.d/b/90-spillway-1.conf",
        "", "/"}) {
    EXPECT_FALSE(is_tune_file(path)) << path;
  }
  EXPECT_TRUE(is_tune_value("/proc/sys/vm/swappiness"));
  EXPECT_FALSE(is_tune_value("/proc/sys/kernel/core_pattern"));
}

}  // namespace
}  // namespace spillway::doctor
