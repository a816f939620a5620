#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "doctor/state/checks.h"

// What the guard reports, the kernel's log and the journal say.

namespace spillway::doctor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const PoolId kCard{"vram:GPU-1"};
const TimePoint kNow{10h};

PoolStatus pool(const PoolId& id, Bytes used, Bytes total) {
  PoolStatus status;
  status.assessment.pool = id;
  status.assessment.used = used;
  status.assessment.total = total;
  return status;
}

/// A card with 24 GiB of which a model holds 10 and the driver 0.5.
Examined with_card(Bytes used) {
  Examined e;
  e.report.source = "daemon";
  e.report.now = kNow;
  e.report.pools = {pool(kCard, used, 24_GiB)};
  e.report.pools[0].reserved = 512_MiB;
  e.report.device_uses = {{kCard, 7, 10_GiB, {}}};
  Process owner;
  owner.pid = 7;
  owner.name = "ollama";
  e.machine.processes = {owner};
  return e;
}

std::vector<Diagnosis> examine_card(Examined e) {
  e.holdings = holdings_of(e.machine, e.report);
  return examine(e);
}

TEST(VramWithoutOwner, IsSilentAboutWhatTheDesktopTakes) {
  EXPECT_THAT(examine_card(with_card(10_GiB + 800_MiB)), IsEmpty());
}

TEST(VramWithoutOwner, NamesWhoMustStopFirstAndTheResetCommand) {
  const auto all = examine_card(with_card(18_GiB));
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].check, "vram-without-owner");
  EXPECT_EQ(all[0].severity, Severity::warning);
  EXPECT_THAT(all[0].fix, HasSubstr("ollama (7)"));
  EXPECT_EQ(all[0].command, "sudo nvidia-smi --gpu-reset -i GPU-1");
}

/// The same card, of which nvidia-smi says that so much is used.
Examined by_smi(Examined e, Bytes used) {
  Gpu& gpu = e.machine.gpu.gpus.emplace_back();
  gpu.address = "0000:41:00.0";
  gpu.driver = "nvidia";
  gpu.uuid = "GPU-1";
  gpu.used = used;
  gpu.reserved = 2_GiB;
  return e;
}

TEST(VramFigures, AreFineWhereTheyDifferByWhatAMomentExplains) {
  EXPECT_THAT(examine_card(by_smi(with_card(10_GiB + 800_MiB), 10_GiB)), IsEmpty());
}

TEST(VramFigures, ThatDisagreeAreShownSideBySide) {
  const auto all = examine_card(by_smi(with_card(10_GiB + 500_MiB), 14_GiB));
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].check, "vram-figures");
  EXPECT_EQ(all[0].severity, Severity::warning);
  EXPECT_THAT(all[0].evidence, HasSubstr("14 GiB by nvidia-smi"));
}

TEST(VramFigures, WithoutTheSecondVersionOfNvmlAreANote) {
  Examined e = by_smi(with_card(12_GiB), 10_GiB);
  e.report.device_uses[0].bytes = 12_GiB;
  e.report.pools[0].reserved.reset();
  const auto all = examine_card(e);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].severity, Severity::note);
  EXPECT_FALSE(has_findings(all));
}

TEST(VramFigures, OfProcessesThatAddUpToMoreThanTheCardHolds) {
  Examined e = with_card(10_GiB);
  e.report.device_uses[0].bytes = 13_GiB;
  const auto all = examine_card(e);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].check, "vram-figures");
  EXPECT_THAT(all[0].evidence, HasSubstr("13 GiB by process"));
}

TEST(VramWithoutOwner, IsAProblemWhenNobodyIsLeft) {
  Examined e = with_card(8_GiB);
  e.report.device_uses.clear();
  const auto all = examine_card(std::move(e));
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].severity, Severity::problem);
  EXPECT_THAT(all[0].what, HasSubstr("8 GiB"));
}

Examined with_gpu(Gpu gpu) {
  Examined e;
  gpu.address = "0000:41:00.0";
  gpu.driver = "nvidia";
  gpu.uuid = "GPU-1";
  e.machine.gpu.gpus = {std::move(gpu)};
  return e;
}

TEST(GpuRecovery, NamesWhoMustStopAndNeverResets) {
  Examined e = with_card(10_GiB);
  e.machine.gpu = with_gpu({.recovery = "Reset"}).machine.gpu;
  auto all = examine_card(e);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].check, "gpu-recovery");
  EXPECT_EQ(all[0].fix, "these must stop first: ollama (7)");
  EXPECT_EQ(all[0].command, "sudo nvidia-smi --gpu-reset -i GPU-1");
  e.machine.gpu.gpus[0].recovery = "Reboot";
  all = examine_card(e);
  EXPECT_EQ(all[0].command, "sudo reboot");
}

TEST(GpuMemory, ThatFailsIsToldAndHealthyIsNot) {
  EXPECT_THAT(examine(with_gpu({.persistence = true, .bad_pages = 0, .uncorrectable_errors = 0})),
              IsEmpty());
  for (const Gpu& bad : {Gpu{.bad_pages = 2}, Gpu{.uncorrectable_errors = 1},
                         Gpu{.repair_pending = true}, Gpu{.repair_failed = true}}) {
    const auto all = examine(with_gpu(bad));
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].check, "gpu-memory-errors");
  }
}

TEST(GpuPersistence, IsANote) {
  const auto all = examine(with_gpu({.persistence = false}));
  ASSERT_EQ(all.size(), 1U);
  EXPECT_FALSE(has_findings(all));
}

TEST(GpuError, ComesFromTheKernelsLog) {
  Examined e;
  Finding xid;
  xid.kind = Kind::xid;
  xid.because = "Xid 79 on PCI:0000:41:00: the GPU has fallen off the bus";
  e.kernel_log = {xid};
  const auto all = examine(e);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].check, "gpu-error");
  EXPECT_THAT(all[0].command, HasSubstr("--gpu-reset"));
}

TEST(MemoryShort, IsWhatTheGuardSays) {
  Examined e;
  e.report.pools = {pool(kRam, 15_GiB, 16_GiB)};
  EXPECT_THAT(examine(e), IsEmpty());
  e.report.pools[0].assessment.level = Level::critical;
  e.report.pools[0].assessment.excess = 1_GiB;
  const auto all = examine(e);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].severity, Severity::problem);
  EXPECT_EQ(all[0].command, "spillway free --pool ram --bytes 1073741824");
}

TEST(SensorFails, ShowsItsErrorAndHint) {
  Examined e;
  e.report.faults = {
      {"nvml", {Errc::denied, "no permission", "/dev/nvidia0", "join the group video"}}};
  const auto all = examine(e);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_THAT(all[0].evidence, HasSubstr("/dev/nvidia0"));
  EXPECT_EQ(all[0].fix, "join the group video");
}

Tenant away(Duration since) {
  Tenant tenant;
  tenant.id = {"stt"};
  tenant.taken = {{Rung::offload, "callback", "cpu", {{kCard, Bytes{} - 2_GiB}}, kNow - since}};
  return tenant;
}

TEST(StuckAway, SaysWhatItNeedsAndWhatMayBeFilled) {
  Examined e;
  e.report.now = kNow;
  e.report.pools = {pool(kCard, 20_GiB, 24_GiB)};
  e.report.pools[0].assessment.room = 512_MiB;
  e.report.tenants = {away(5min)};
  EXPECT_THAT(examine(e), IsEmpty());
  e.report.tenants = {away(2h)};
  const auto all = examine(e);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].check, "stuck-away");
  EXPECT_THAT(all[0].what, HasSubstr("stt has been away for 2 h, at cpu"));
  EXPECT_EQ(all[0].evidence, "it needs 2 GiB of vram:GPU-1, and 512 MiB may be filled again");
  EXPECT_EQ(all[0].command, "spillway restore stt");
}

TEST(FrequentOffloads, AreAWholeDaysCount) {
  Examined e;
  e.history.offloads = {{"stt", 11}};
  EXPECT_THAT(examine(e), IsEmpty());
  e.history.offloads = {{"stt", 12}};
  const auto all = examine(e);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].check, "frequent-offloads");
}

Growth growth(double mib_per_hour, double error_mib, bool steady = true) {
  return {.pid = 42,
          .name = "python3",
          .pool = kRam,
          .span = 3h,
          .looks = 40,
          .per_hour = mib_per_hour * (1 << 20),
          .error = error_mib * (1 << 20),
          .steady = steady,
          .from = 1_GiB,
          .to = 2_GiB};
}

TEST(Leak, NeedsASlopeThatIsSteepAndSureAndSteady) {
  Examined e;
  e.history.growth = {growth(40, 2)};
  const auto all = examine(e);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].check, "leak");
  EXPECT_THAT(all[0].evidence, HasSubstr("40 looks"));
  for (const Growth& harmless :
       {growth(10, 1), growth(40, 39), growth(100, 60), growth(-50, 1), growth(400, 2, false)}) {
    e.history.growth = {harmless};
    EXPECT_THAT(examine(e), IsEmpty()) << harmless.per_hour;
  }
}

TEST(Leak, IsNotJudgedOfAShortJournal) {
  Examined e;
  e.history.span = 30min;
  const auto all = examine(e);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].check, "leak-unknown");
  EXPECT_FALSE(has_findings(all));
}

TEST(OomKills, NameTheLatestVictimsOfTheKernelsLog) {
  Examined e;
  e.machine.kernel.oom_kills = 9;
  for (const char* name : {"first", "second", "third", "fourth", "fifth"}) {
    Finding kill;
    kill.kind = Kind::kernel_oom;
    kill.victim = Victim{name, 7, {}};
    e.kernel_log.push_back(kill);
  }
  EXPECT_EQ(examine(e)[0].evidence, "oom_kill 9 in /proc/vmstat; the latest: fifth, fourth, third");
}

TEST(Diagnoses, ComeWithTheWorstFirst) {
  Examined e;
  e.report.source = "direct";
  e.machine.kernel.panic_on_oom = 1;
  e.machine.kernel.oom_kills = 2;
  std::vector<Severity> order;
  for (const Diagnosis& d : examine(e)) order.push_back(d.severity);
  EXPECT_THAT(order, ElementsAre(Severity::problem, Severity::warning, Severity::note));
}

}  // namespace
}  // namespace spillway::doctor
