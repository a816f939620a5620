#include "engine/roster.h"

#include <gtest/gtest.h>

#include "tests/support/child.h"

namespace spillway {
namespace {

using support::Child;

Tenant named(const char* name, std::optional<ProcessKey> process = {}) {
  Tenant tenant;
  tenant.id = {name};
  tenant.process = process;
  tenant.holds = {{kRam, 1_GiB}};
  return tenant;
}

ProcessKey key_of(pid_t pid) { return {pid, ProcessHandle::open(pid).value().start_ticks()}; }

std::string ids(const Roster& roster) {
  std::string text;
  for (const Tenant& tenant : roster.tenants()) text += tenant.id.text + " ";
  return text;
}

TEST(Roster, NamesAreMadeUniqueAndKeptInOrder) {
  Roster roster;
  EXPECT_EQ(roster.add(named("stt")).text, "stt");
  EXPECT_EQ(roster.add(named("llm")).text, "llm");
  EXPECT_EQ(roster.add(named("stt")).text, "stt#2");
  EXPECT_EQ(roster.add(named("stt")).text, "stt#3");
  EXPECT_TRUE(roster.remove({"stt#2"}));
  EXPECT_EQ(roster.add(named("stt")).text, "stt#2");
  EXPECT_EQ(ids(roster), "llm stt stt#2 stt#3 ");
  EXPECT_FALSE(roster.remove({"nobody"}));
}

TEST(Roster, WhoComesBackIsKnownWithWhatWasTaken) {
  Roster roster;
  const ProcessKey self = key_of(getpid());
  roster.add(named("stt", self));
  roster.add(named("stt", self));
  roster.update({"stt#2"}, [](Tenant& tenant) {
    tenant.taken = {{Rung::offload, "offload", "cpu", {{kRam, -1_GiB}}, {}}};
    tenant.variant = "cpu";
    tenant.connected = false;
  });
  const TenantId id = roster.add(named("stt", self));
  EXPECT_EQ(id.text, "stt#2");
  EXPECT_EQ(roster.find(id)->taken.size(), 1u);
  EXPECT_EQ(roster.find(id)->variant, "cpu");
  EXPECT_TRUE(roster.find(id)->connected);
  EXPECT_EQ(ids(roster), "stt stt#2 ");
}

TEST(Roster, ProgramThatStartedAnewHasItAllAgain) {
  Roster roster;
  Child old(Child::sleep_forever);
  roster.add(named("stt", key_of(old.pid())));
  roster.update({"stt"}, [](Tenant& tenant) {
    tenant.taken = {{Rung::offload, "offload", "cpu", {}, {}}};
    tenant.connected = false;
  });
  EXPECT_EQ(roster.add(named("stt", key_of(getpid()))).text, "stt");
  EXPECT_TRUE(roster.find({"stt"})->taken.empty());
}

TEST(Roster, NobodyTakesUpAnotherUsersTenant) {
  Roster roster;
  roster.add(named("stt"));
  roster.update({"stt"}, [](Tenant& tenant) { tenant.connected = false; });
  Tenant stranger = named("stt");
  stranger.uid = 4711;
  EXPECT_EQ(roster.add(stranger).text, "stt#2");
}

TEST(Roster, EndOfAProcessIsNoticedForAllItsTenants) {
  Roster roster;
  Child child(Child::sleep_forever);
  const ProcessKey key = key_of(child.pid());
  roster.add(named("a", key));
  roster.add(named("b", key));
  roster.add(named("c", key_of(getpid())));
  EXPECT_TRUE(roster.ended().empty());
  child.kill(SIGKILL);
  child.reap();
  EXPECT_EQ(roster.ended(), (std::vector<TenantId>{{"a"}, {"b"}}));
  EXPECT_TRUE(roster.ended().empty());
}

TEST(Roster, ProcessThatIsGoneAlreadyIsReportedAtOnce) {
  Roster roster;
  ProcessKey key = key_of(getpid());
  ++key.start_ticks;  // the pid was given to another
  roster.add(named("ghost", key));
  EXPECT_EQ(roster.ended(), std::vector<TenantId>{{"ghost"}});
}

TEST(Roster, UpdateKeepsTheIdAndFollowsTheProcess) {
  Roster roster;
  Child child(Child::sleep_forever);
  roster.add(named("a", key_of(getpid())));
  (void)roster.take_changed();
  EXPECT_TRUE(roster.update({"a"}, [&](Tenant& tenant) {
    tenant.id = {"z"};
    tenant.process = key_of(child.pid());
  }));
  EXPECT_TRUE(roster.take_changed());
  EXPECT_EQ(ids(roster), "a ");
  child.kill(SIGKILL);
  child.reap();
  EXPECT_EQ(roster.ended(), std::vector<TenantId>{{"a"}});
  EXPECT_FALSE(roster.update({"b"}, [](Tenant&) {}));
}

TEST(Roster, WhoDeclaredNothingHoldsWhatItsProcessHolds) {
  Roster roster;
  const ProcessKey self = key_of(getpid());
  Tenant silent = named("run", self);
  silent.holds.clear();
  roster.add(silent);
  roster.add(named("model", self));
  Snapshot snapshot;
  snapshot.processes = {{.key = self, .rss = 900_MiB, .pss = 800_MiB, .swap = 5_MiB},
                        {.key = {1, 1}, .rss = 9_GiB}};
  snapshot.device_uses = {{{"vram:GPU-1"}, self.pid, 2_GiB, {}}, {{"vram:GPU-1"}, 1, 3_GiB, {}}};
  roster.measure(snapshot, true);
  EXPECT_EQ(roster.find({"run"})->held_in(kRam), 800_MiB);
  EXPECT_EQ(roster.find({"run"})->held_in(kSwap), 5_MiB);
  EXPECT_EQ(roster.find({"run"})->held_in({"vram:GPU-1"}), 2_GiB);
  EXPECT_EQ(roster.find({"model"})->held_in(kRam), 1_GiB);

  // A look that measures devices only leaves the rest as it was, and no change is no change.
  (void)roster.take_changed();
  snapshot.processes.clear();
  roster.measure(snapshot, true);
  EXPECT_EQ(roster.find({"run"})->held_in(kRam), 800_MiB);
  EXPECT_FALSE(roster.take_changed());
}

TEST(Roster, KeepsWhatATenantHeldAtMost) {
  Roster roster;
  const ProcessKey self = key_of(getpid());
  Tenant claims_a_peak = named("stt", self);
  claims_a_peak.peaks = {{kRam, 9_GiB}};
  const TenantId id = roster.add(std::move(claims_a_peak));
  const auto hold = [&](std::vector<PoolChange> holds) {
    roster.update(id, [&](Tenant& tenant) {
      tenant.holds = std::move(holds);
      tenant.peaks.clear();  // nobody takes them back
    });
  };
  hold({{kRam, 3_GiB}, {kSwap, 1_GiB}});
  hold({{kRam, 2_GiB}});
  const std::vector<PoolChange> peaks{{kRam, 3_GiB}, {kSwap, 1_GiB}};
  EXPECT_EQ(roster.find(id)->peaks, peaks);

  roster.update(id, [](Tenant& tenant) { tenant.connected = false; });
  EXPECT_EQ(roster.find(roster.add(named("stt", self)))->peaks, peaks);
  // A process that started anew begins anew.
  roster.update(id, [](Tenant& tenant) { tenant.connected = false; });
  Child other(Child::sleep_forever);
  const std::vector<PoolChange> first{{kRam, 1_GiB}};
  EXPECT_EQ(roster.find(roster.add(named("stt", key_of(other.pid()))))->peaks, first);
}

TEST(Roster, KnowsWhetherAnybodyWorked) {
  Roster roster;
  roster.add(named("a"));
  EXPECT_FALSE(roster.worked_since(TimePoint{}));
  roster.update({"a"}, [](Tenant& tenant) { tenant.last_used = TimePoint(5s); });
  EXPECT_TRUE(roster.worked_since(TimePoint(5s)));
  EXPECT_FALSE(roster.worked_since(TimePoint(6s)));
  roster.update({"a"}, [](Tenant& tenant) { tenant.busy = true; });
  EXPECT_TRUE(roster.worked_since(TimePoint(6s)));
}

}  // namespace
}  // namespace spillway
