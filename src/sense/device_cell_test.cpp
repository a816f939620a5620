#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include "sense/device.h"
#include "sense/dmem.h"
#include "tests/support/sensor_suite.h"

namespace spillway {
namespace {

using testing::IsEmpty;

PoolReading pool(const char* id, Bytes used, TimePoint taken = TimePoint(1h)) {
  return {
      .pool = {id}, .used = used, .total = 100_GiB, .source = "nvml:0000:41:00.0", .taken = taken};
}

class DeviceCellTest : public testing::Test {
 protected:
  void put(std::vector<Reading> readings, TimePoint at = TimePoint(1h)) {
    cell_->put({"nvml", make_snapshot(at, {}, std::move(readings), {}), {{"nvml", true, "x"}}});
  }
  Snapshot look(TimePoint now) {
    return make_snapshot(now, {}, *sensor_.read({.now = now, .owners = false, .tenants = {}}), {});
  }
  bool has_news() const {
    pollfd wait{cell_->fd(), POLLIN, 0};
    return ::poll(&wait, 1, 0) == 1;
  }

  std::shared_ptr<DeviceCell> cell_ = std::make_shared<DeviceCell>();
  DeviceSensor sensor_{cell_};
};

TEST_F(DeviceCellTest, WithoutAWorkerThereIsNothing) {
  EXPECT_THAT(look(TimePoint(1h)).pools, IsEmpty());
  const support::SensorCase c{
      "Device",
      [](const SysRoot&) { return std::make_unique<DeviceSensor>(std::make_shared<DeviceCell>()); },
      {}};
  support::expect_named(c);
  support::expect_nothing_in_an_empty_root(c);
}

TEST_F(DeviceCellTest, AReadingKeepsItsAgeHoweverOftenItIsTaken) {
  put({pool("vram:a", 1_GiB)});
  EXPECT_EQ(look(TimePoint(1h + 1s)).pools[0].taken, TimePoint(1h));
  EXPECT_EQ(look(TimePoint(1h + 60s)).pools[0].taken, TimePoint(1h));
}

TEST_F(DeviceCellTest, AReadingMadeWhileTheLookBeganIsNotOfTheFuture) {
  put({pool("vram:a", 1_GiB, TimePoint(1h + 3ms))});
  EXPECT_EQ(look(TimePoint(1h)).pools[0].taken, TimePoint(1h));
}

TEST_F(DeviceCellTest, AReportTakesThePlaceOfTheOneBefore) {
  put({pool("vram:a", 1_GiB), pool("vram:b", 1_GiB)});
  put({pool("vram:b", 2_GiB)});
  const Snapshot seen = look(TimePoint(1h));
  ASSERT_EQ(seen.pools.size(), 1U);
  EXPECT_EQ(seen.pools[0].used, 2_GiB);
}

TEST_F(DeviceCellTest, UsersAreNotBelievedForLong) {
  put({pool("vram:a", 1_GiB), DeviceUse{{"vram:a"}, 7, 1_GiB, {}}});
  EXPECT_EQ(look(TimePoint(1h + 9s)).device_uses.size(), 1U);
  EXPECT_THAT(look(TimePoint(1h + 11s)).device_uses, IsEmpty());
  EXPECT_EQ(look(TimePoint(1h + 11s)).pools.size(), 1U);
}

TEST_F(DeviceCellTest, EventsAreToldOnceAlsoWhenTwoReportsCameBetween) {
  const KernelEvent xid{KernelEvent::Kind::xid, {}, {}, "Xid 79", {}};
  put({xid});
  put({xid});
  EXPECT_EQ(look(TimePoint(1h)).events.size(), 2U);
  EXPECT_THAT(look(TimePoint(1h)).events, IsEmpty());
  for (int i = 0; i < 1000; ++i) put({xid});
  EXPECT_EQ(look(TimePoint(1h)).events.size(), 256U);
}

TEST_F(DeviceCellTest, TroubleIsAFaultUntilTheNextReport) {
  put({pool("vram:a", 1_GiB)});
  cell_->set_trouble(Fault{"worker", {Errc::timed_out, "no answer", "spillway-worker", {}}});
  const Snapshot seen = look(TimePoint(1h + 5s));
  EXPECT_TRUE(seen.faulty("worker"));
  EXPECT_EQ(seen.pools.size(), 1U);
  std::vector<Capability> all;
  sensor_.capabilities(all);
  EXPECT_EQ(all.size(), 2U);
  put({pool("vram:a", 1_GiB)});
  EXPECT_THAT(look(TimePoint(1h + 6s)).faults, IsEmpty());
}

TEST_F(DeviceCellTest, WakesForWhatMattersOnly) {
  put({pool("vram:a", 10_GiB)});
  EXPECT_TRUE(has_news());  // a pool that was not there
  look(TimePoint(1h));
  EXPECT_FALSE(has_news());
  put({pool("vram:a", 11_GiB)});
  EXPECT_FALSE(has_news());
  put({pool("vram:a", 13_GiB)});
  EXPECT_TRUE(has_news());
  look(TimePoint(1h));
  put({pool("vram:a", 13_GiB), KernelEvent{KernelEvent::Kind::xid, {}, {}, "Xid 31", {}}});
  EXPECT_TRUE(has_news());
  look(TimePoint(1h));
  put({Fault{"nvml:0000:41:00.0", {}}});
  EXPECT_TRUE(has_news());
}

TEST_F(DeviceCellTest, LooksThatFollowEachOtherFastWantMoreOfThem) {
  look(TimePoint(1h));
  EXPECT_FALSE(cell_->take_wish());
  look(TimePoint(1h + 2s));
  EXPECT_FALSE(cell_->take_wish());
  look(TimePoint(1h + 2s + 20ms));
  EXPECT_TRUE(cell_->take_wish());
  EXPECT_FALSE(cell_->take_wish());
}

TEST_F(DeviceCellTest, AGpuKnownHereIsNotReadOnceMoreFromDmem) {
  support::TempTree machine("linux-6.1-unified");
  machine.add("dmem");
  machine.write("sys/fs/cgroup/dmem.capacity",
                "drm/0000:41:00.0/vram 1000\ndrm/0000:07:00.0/vram0 2000\n");
  DmemSensor dmem(SysRoot(machine.path()), cell_);
  EXPECT_EQ(dmem.read(support::look_at(TimePoint(1h)))->size(), 2U);
  put({pool("vram:a", 1_GiB)});
  const auto readings = dmem.read(support::look_at(TimePoint(1h)));
  ASSERT_EQ(readings->size(), 1U);
  EXPECT_EQ(std::get<PoolReading>((*readings)[0]).pool.text, "vram:drm/0000:07:00.0/vram0");
}

}  // namespace
}  // namespace spillway
