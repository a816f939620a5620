#include "claims.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/child.h"

namespace spillway {
namespace {

using support::Child;

constexpr TimePoint kNow{1000s};

Peer me() { return {::getuid(), ::getgid(), ::getpid(), {}}; }

Tenant named(const std::string& name) {
  Tenant tenant;
  tenant.id.text = name;
  return tenant;
}

Result<Tenant> check(Tenant claimed, const Peer& peer = me(), bool operates = false) {
  return Claims(nullptr).check(std::move(claimed), peer, operates, kNow);
}

TEST(Claims, APeerIsItsOwnProcessUnlessItSaysOtherwise) {
  const auto tenant = check(named("stt"));
  ASSERT_TRUE(tenant);
  EXPECT_EQ(tenant->process->pid, ::getpid());
  EXPECT_NE(tenant->process->start_ticks, 0) << "identified beyond its pid";
  EXPECT_EQ(tenant->uid, ::getuid());
  EXPECT_EQ(tenant->registered, kNow);
}

TEST(Claims, MayNameAnotherProcessOfItsUser) {
  const Child child(&Child::sleep_forever);
  Tenant claimed = named("run");
  claimed.process = ProcessKey{child.pid(), 0};
  const auto tenant = check(claimed);
  ASSERT_TRUE(tenant);
  EXPECT_EQ(tenant->process->pid, child.pid());
}

TEST(Claims, AProcessOfSomebodyElseIsDenied) {
  if (::getuid() != 0) GTEST_SKIP() << "needs root to have a process of another user";
  const Child child([] {
    if (::setuid(65534) == 0) Child::sleep_forever();
  });
  ASSERT_TRUE(support::eventually([&] {
    const Peer nobody{65534, 65534, child.pid(), {}};
    return check(named("own"), nobody).has_value();
  }));
  Tenant claimed = named("theirs");
  claimed.process = ProcessKey{child.pid(), 0};
  const auto stranger = check(claimed, {1000, 1000, ::getpid(), {}});
  ASSERT_FALSE(stranger);
  EXPECT_EQ(stranger.error().code, Errc::denied);
  const auto operating = check(claimed, me(), true);
  ASSERT_TRUE(operating);
  EXPECT_EQ(operating->uid, 65534) << "it stays theirs, whoever registers it";
}

TEST(Claims, AProcessThatIsGoneOrReusedIsInvalid) {
  Tenant gone = named("gone");
  gone.process = ProcessKey{4'000'000, 0};
  EXPECT_EQ(check(gone).error().code, Errc::invalid);
  Tenant reused = named("reused");
  reused.process = ProcessKey{::getpid(), 1};
  EXPECT_EQ(check(reused).error().code, Errc::invalid);
  Tenant init = named("negative");
  init.process = ProcessKey{-1, 0};
  EXPECT_EQ(check(init).error().code, Errc::invalid);
}

TEST(Claims, APeerOfAnotherPidNamespaceHasNoProcess) {
  Tenant claimed = named("container");
  claimed.cgroup = "/docker/x";
  const auto tenant = check(claimed, {1000, 1000, 0, {}});
  ASSERT_TRUE(tenant);
  EXPECT_FALSE(tenant->process);
  EXPECT_EQ(tenant->cgroup, "") << "nothing shows that it is in it";
}

TEST(Claims, ACgroupMustBeTheProcesssOwn) {
  Tenant claimed = named("stt");
  claimed.cgroup = "/system.slice/ssh.service";
  EXPECT_EQ(check(claimed).error().code, Errc::denied) << "no cgroups here";
  const auto groups = CgroupFs::locate(SysRoot("/"));
  if (!groups) GTEST_SKIP() << "no cgroups on this machine";
  const Claims claims(&*groups);
  EXPECT_EQ(claims.check(claimed, me(), false, kNow).error().code, Errc::denied);
  claimed.cgroup = groups->group_of(::getpid()).value();
  EXPECT_TRUE(claims.check(claimed, me(), false, kNow));
}

TEST(Claims, TimesOfTheFutureAreNow) {
  Tenant claimed = named("stt");
  claimed.last_used = kNow + 1h;
  claimed.taken.push_back({Rung::offload, "callback", "cpu", {}, kNow + 1h});
  const auto tenant = check(claimed);
  ASSERT_TRUE(tenant);
  EXPECT_EQ(tenant->last_used, kNow);
  EXPECT_EQ(tenant->taken.at(0).since, kNow);
}

TEST(Claims, NamesThatCannotBeShownAreInvalid) {
  for (const std::string& name : {std::string(), std::string(101, 'x'), std::string("a\nb"),
                                  std::string("\x1b[2J"), std::string("a\0b", 3)}) {
    EXPECT_EQ(check(named(name)).error().code, Errc::invalid);
  }
  EXPECT_TRUE(check(named("größer als 1")));
}

TEST(Claims, AmountsThatAreNoneAreInvalid) {
  Tenant negative = named("a");
  negative.holds = {{kRam, Bytes{-1}}};
  EXPECT_FALSE(check(negative));
  Tenant absurd = named("a");
  absurd.holds = {{kRam, Bytes{std::int64_t{1} << 60}}};
  EXPECT_FALSE(check(absurd));
  Tenant trim = named("a");
  trim.trimmable = Bytes{-5};
  EXPECT_FALSE(check(trim));
  Tenant taken = named("a");
  taken.taken.push_back({Rung::offload, "callback", "cpu", {{kRam, Bytes{INT64_MIN}}}, {}});
  EXPECT_FALSE(check(taken));
  Tenant many = named("a");
  many.holds.assign(65, {kRam, Bytes{1}});
  EXPECT_FALSE(check(many));
}

}  // namespace
}  // namespace spillway
