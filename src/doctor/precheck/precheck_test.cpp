#include "doctor/precheck/precheck.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "doctor/read/machine.h"
#include "tests/support/temp_tree.h"

namespace spillway::doctor {
namespace {

using support::TempTree;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const PoolId kCard{"vram:GPU-1"};

struct Scene {
  MachineState machine;
  StatusReport report;
  Holdings holdings;
  Precheck check(const std::optional<StackNeed>& need = {}) {
    holdings = holdings_of(machine, report);
    return precheck(machine, report, holdings, need);
  }
};

/// A desktop with a card of 24 GiB of which Ollama holds 9.
Scene desktop() {
  const TempTree tree("desktop-16g-zram");
  Scene scene{read_machine(SysRoot(tree.path())), {}, {}};
  PoolStatus card;
  card.assessment.pool = kCard;
  card.assessment.used = 10_GiB;
  card.assessment.total = 24_GiB;
  scene.report.pools = {card};
  scene.report.device_uses = {{kCard, 900, 9_GiB, {}}};
  return scene;
}

std::vector<std::string> bad(const Precheck& check) {
  std::vector<std::string> names;
  for (const PrecheckItem& item : check.items) {
    EXPECT_EQ(item.good, item.command.empty()) << item.name;
    if (!item.good) names.push_back(item.name);
  }
  return names;
}

TEST(Precheck, AHealthyDesktopIsReady) {
  Scene scene = desktop();
  const Precheck check = scene.check();
  EXPECT_TRUE(check.ready());
  EXPECT_EQ(check.items.size(), 3U);
  EXPECT_THAT(check.missing, IsEmpty());
}

TEST(Precheck, NamesDesktopProgramsBiggestFirst) {
  Scene scene = desktop();
  const Precheck check = scene.check();
  ASSERT_EQ(check.closable.size(), 1U);  // not the shell, not the models
  EXPECT_EQ(check.closable[0]->program, "firefox");
}

TEST(Precheck, WantsTwoGiBAvailable) {
  Scene scene = desktop();
  scene.machine.memory.available = 1536_MiB;
  const Precheck check = scene.check();
  EXPECT_THAT(bad(check), ElementsAre("memory"));
  EXPECT_EQ(check.items[0].command, "spillway free --ram 536870912");
  EXPECT_THAT(check.missing, ElementsAre(std::pair(kRam, 512_MiB)));
}

TEST(Precheck, WantsZramOfAQuarterToAHalf) {
  Scene scene = desktop();
  for (const Bytes size : {0_GiB, 3_GiB, 12_GiB}) {
    scene.machine.zram[0].size = size;
    EXPECT_THAT(bad(scene.check()), ElementsAre("zram")) << to_string(size);
  }
  scene.machine.zram.clear();
  EXPECT_THAT(scene.check().items[1].what, HasSubstr("none"));
}

TEST(Precheck, WantsFourGiBOfSwap) {
  Scene scene = desktop();
  scene.machine.memory.swap_total = 1_GiB;
  const Precheck check = scene.check();
  EXPECT_THAT(bad(check), ElementsAre("swap"));
  EXPECT_THAT(check.items[2].command, HasSubstr("fallocate -l 3221225472"));
}

StackNeed needs(Bytes vram, Bytes safe) {
  return {StackNeed::Verdict::fits, {{kCard, "vram", vram, 14_GiB, safe}}, {}};
}

TEST(PrecheckStack, IsReadyWhereThePlanFits) {
  Scene scene = desktop();
  const Precheck check = scene.check(needs(6_GiB, 7_GiB));
  EXPECT_TRUE(check.ready());
  EXPECT_EQ(check.items.back().name, "level");
  EXPECT_THAT(check.items[3].what, HasSubstr("ollama 9 GiB"));
}

TEST(PrecheckStack, SaysWhatIsMissingAndWhoHoldsIt) {
  Scene scene = desktop();
  StackNeed need = needs(12_GiB, 7_GiB);
  need.changes = {"llm: quantised KV cache"};
  const Precheck check = scene.check(need);
  EXPECT_THAT(bad(check), ElementsAre("vram", "rivals"));
  EXPECT_THAT(check.items[0].fix, HasSubstr("llm: quantised KV cache"));
  EXPECT_EQ(check.items[0].command, "spillway free --pool vram:GPU-1 --bytes 5368709120");
  EXPECT_THAT(check.missing, ElementsAre(std::pair(kCard, 5_GiB)));
}

TEST(PrecheckStack, IsNotReadyWhileMemoryIsShort) {
  Scene scene = desktop();
  scene.report.level = Level::warning;
  EXPECT_THAT(bad(scene.check(needs(6_GiB, 7_GiB))), ElementsAre("level"));
}

TEST(Precheck, WhatCannotBeReadIsNotJudged) {
  Scene scene;
  EXPECT_THAT(scene.check().items, IsEmpty());
}

}  // namespace
}  // namespace spillway::doctor
