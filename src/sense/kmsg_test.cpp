#include "sense/kmsg.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/temp_tree.h"

namespace spillway {
namespace {

using Kind = KernelEvent::Kind;
using support::TempTree;

constexpr Look kLook{.now = TimePoint(1h), .owners = false, .tenants = {}};

/// The last event that the messages give.
std::optional<KernelEvent> event_of(std::initializer_list<std::string_view> messages) {
  KernelMessages reader;
  std::optional<KernelEvent> last;
  for (const std::string_view message : messages) {
    if (auto event = reader.take(message)) last = event;
  }
  return last;
}

TEST(ParseKmsg, TakesTheKernelsMessages) {
  EXPECT_EQ(parse_kmsg("6,339,5140900,-;NET: Registered\n"), "NET: Registered");
  EXPECT_EQ(parse_kmsg("3,1,2,-,caller=T1;a;b\n SUBSYSTEM=pci\n DEVICE=+pci\n"), "a;b");
}

TEST(ParseKmsg, LeavesOutWhatProgramsWrote) {
  EXPECT_FALSE(parse_kmsg("12,339,5140900,-;Out of memory: Killed process 1 (init)\n"))
      << "facility 1: user";
}

TEST(ParseKmsg, RefusesWhatIsNoRecord) {
  for (const char* text : {"", "\n", ";", "text", "-1,2,3,-;x", "x,1,2,-;y", " continuation\n"}) {
    EXPECT_FALSE(parse_kmsg(text)) << text;
  }
}

TEST(KernelMessages, OutOfMemoryOfTheWholeMachine) {
  const auto event = event_of(
      {"oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,"
       "task_memcg=/,task=stress-ng-vm,pid=116,uid=0",
       "Out of memory: Killed process 116 (stress-ng-vm) total-vm:10515768kB, anon-rss:7980628kB, "
       "file-rss:564kB, shmem-rss:0kB, UID:0 pgtables:15676kB oom_score_adj:1000"});
  ASSERT_TRUE(event);
  EXPECT_EQ(event->kind, Kind::oom_kill);
  EXPECT_EQ(event->pool, kRam);
  EXPECT_EQ(event->pid, 116);
  EXPECT_TRUE(event->text.starts_with("Out of memory: Killed process 116"));
}

TEST(KernelMessages, OutOfMemoryOfACgroupNamesIt) {
  const auto event =
      event_of({"oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=8580,mems_allowed=0,"
                "oom_memcg=/docker/8580,task_memcg=/docker/8580/x,task=java,pid=11433,uid=0",
                "Memory cgroup out of memory: Killed process 11433 (java) total-vm:25004420kB"});
  ASSERT_TRUE(event);
  EXPECT_EQ(event->kind, Kind::cgroup_oom);
  EXPECT_EQ(event->pool, PoolId{"cgroup:/docker/8580"});
  EXPECT_EQ(event->pid, 11433);
}

TEST(KernelMessages, KernelsBefore5SpreadItOverTwoLines) {
  auto event =
      event_of({"Memory cgroup out of memory: Kill process 11344 (main) score 904 or "
                "sacrifice child",
                "Killed process 11344 (main) total-vm:390360kB, anon-rss:183712kB"});
  ASSERT_TRUE(event);
  EXPECT_EQ(event->kind, Kind::cgroup_oom);
  EXPECT_EQ(event->pool, std::nullopt);
  event = event_of({"Out of memory: Kill process 492 (allocate) score 899 or sacrifice child",
                    "Killed process 492 (allocate) total-vm:2052368kB"});
  ASSERT_TRUE(event);
  EXPECT_EQ(event->kind, Kind::oom_kill);
  EXPECT_EQ(event->pid, 492);
}

TEST(KernelMessages, AnotherProcessesCgroupIsNotTaken) {
  const auto event =
      event_of({"oom-kill:constraint=CONSTRAINT_MEMCG,oom_memcg=/a,task_memcg=/a,"
                "task=x,pid=1,uid=0",
                "Memory cgroup out of memory: Killed process 2 (y) total-vm:1kB"});
  EXPECT_EQ(event->pool, std::nullopt);
}

TEST(KernelMessages, XidErrorsOfNvidia) {
  auto event = event_of({"NVRM: Xid (PCI:0000:01:00): 43, pid=28721, name=gpu_point, channel 30"});
  ASSERT_TRUE(event);
  EXPECT_EQ(event->kind, Kind::xid);
  EXPECT_EQ(event->pid, 28721);
  EXPECT_EQ(event->pool, std::nullopt);
  event =
      event_of({"NVRM: Xid (PCI:0000:01:00): 79, pid='<unknown>', name=<unknown>, GPU has "
                "fallen off the bus."});
  EXPECT_EQ(event->pid, std::nullopt);
}

TEST(KernelMessages, EverythingElseIsNoEvent) {
  for (const char* text :
       {"", "Killed process", "Killed process x", "Killed process -1 (x)",
        "Killed process 99999999999 (x)", "oom-kill:constraint=", "oom_reaper: reaped process 5",
        "Out of memory: Kill process 492 (allocate) score 899"}) {
    EXPECT_FALSE(event_of({text})) << text;
  }
}

/// A kmsg that a test writes: a FIFO, which does not keep records apart, so one at a time.
struct Machine : TempTree {
  Machine() {
    write("dev/keep", "");
    const std::string path = *this / "dev/kmsg";
    if (mkfifo(path.c_str(), 0600) != 0) throw std::runtime_error("mkfifo");
    writer = UniqueFd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  }
  void say(std::string_view record) const {
    ASSERT_EQ(::write(writer.get(), record.data(), record.size()), ssize_t(record.size()));
  }
  UniqueFd writer;
};

std::size_t wakes_of(const Sensor& sensor) {
  std::vector<WakeFd> wakes;
  sensor.wake_fds(wakes);
  return wakes.size();
}

TEST(KmsgSensor, ReportsWhatHappensFromNowOn) {
  const Machine machine;
  KmsgSensor sensor{SysRoot(machine.path())};
  EXPECT_TRUE(sensor.read(kLook).value().empty());
  machine.say("3,2,2,-;Out of memory: Killed process 7 (x) total-vm:1kB\n");
  const auto readings = sensor.read(kLook).value();
  ASSERT_EQ(readings.size(), 1u);
  const auto& event = std::get<KernelEvent>(readings[0]);
  EXPECT_EQ(event.pid, 7);
  EXPECT_EQ(event.at, kLook.now);
  EXPECT_TRUE(sensor.read(kLook).value().empty());
}

TEST(KmsgSensor, NoiseDoesNotKeepTheGuardAwake) {
  const Machine machine;
  KmsgSensor sensor{SysRoot(machine.path())};
  EXPECT_EQ(wakes_of(sensor), 1u);
  machine.say("4,1,1,-;noise\n");
  ASSERT_TRUE(sensor.read(kLook));
  EXPECT_EQ(wakes_of(sensor), 0u);
  ASSERT_TRUE(sensor.read(kLook));
  EXPECT_EQ(wakes_of(sensor), 1u);
}

TEST(KmsgSensor, IsReadWhenItToldSomethingAndElseOnceASecond) {
  const Machine machine;
  KmsgSensor sensor{SysRoot(machine.path())};
  const auto events = [&](Duration now, bool event) {
    const Look look{.now = TimePoint(now), .owners = false, .tenants = {}, .event = event};
    return sensor.read(look).value().size();
  };
  EXPECT_EQ(events(1h, false), 0u);
  machine.say("3,2,2,-;Out of memory: Killed process 7 (x) total-vm:1kB\n");
  EXPECT_EQ(events(1h + 999ms, false), 0u);
  EXPECT_EQ(events(1h + 999ms, true), 1u);
  machine.say("3,3,3,-;Out of memory: Killed process 8 (x) total-vm:1kB\n");
  EXPECT_EQ(events(1h + 2s, false), 1u) << "nobody waits for its events";
}

TEST(KmsgSensor, SurvivesGarbage) {
  const Machine machine;
  KmsgSensor sensor{SysRoot(machine.path())};
  for (const std::string& garbage : {std::string(4000, '\xff'), std::string("\0\0\0;", 4)}) {
    machine.say(garbage);
    EXPECT_TRUE(sensor.read(kLook).value().empty());
  }
}

TEST(KmsgSensor, WithoutTheFileThereIsNothingToTell) {
  const TempTree tree;
  KmsgSensor sensor{SysRoot(tree.path())};
  EXPECT_TRUE(sensor.read(kLook).value().empty());
  EXPECT_EQ(wakes_of(sensor), 0u);
  std::vector<Capability> capabilities;
  sensor.capabilities(capabilities);
  EXPECT_FALSE(capabilities.at(0).available);
  EXPECT_FALSE(capabilities.at(0).reason.empty());
}

TEST(KmsgSensor, ReadsThisMachineWithoutWaiting) {
  KmsgSensor sensor{SysRoot()};
  EXPECT_TRUE(sensor.read(kLook));
}

}  // namespace
}  // namespace spillway
