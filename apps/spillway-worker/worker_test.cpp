#include "worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <functional>

#include "base/fd.h"
#include "wire/worker_supervisor.h"

namespace spillway {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Time passes whenever somebody asks for it, so that no test waits for a second to pass.
class HurryingClock final : public Clock {
 public:
  TimePoint now() const override { return now_ += 600ms; }
  WallTime wall() const override { return {}; }

 private:
  mutable TimePoint now_{1h};
};

class ScriptedSensor final : public Sensor {
 public:
  using Read = std::function<Result<std::vector<Reading>>(int look, bool owners)>;
  ScriptedSensor(std::string_view name, Read read) : name_(name), read_(std::move(read)) {}
  std::string_view name() const override { return name_; }
  Result<std::vector<Reading>> read(const Look& look) override {
    return read_(++looks_, look.owners);
  }

 private:
  std::string_view name_;
  Read read_;
  int looks_ = 0;
};

std::unique_ptr<Sensor> sensor(std::string_view name, ScriptedSensor::Read read) {
  return std::make_unique<ScriptedSensor>(name, std::move(read));
}

Result<std::vector<Reading>> a_pool(std::string_view source) {
  return std::vector<Reading>{
      PoolReading{.pool = {"vram:x"}, .used = 1_GiB, .source = std::string(source)}};
}
Result<std::vector<Reading>> nothing() { return std::vector<Reading>{}; }

class WorkerTest : public testing::Test {
 protected:
  WorkerTest() {
    int pair[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    ours_.reset(pair[0]);
    theirs_.reset(pair[1]);
    const int size = 4 << 20;
    ::setsockopt(theirs_.get(), SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
  }
  template <class... Sensors>
  Worker worker(Sensors... sensors) const {
    std::vector<std::unique_ptr<Sensor>> all;
    (all.push_back(std::move(sensors)), ...);
    return {std::move(all), clock_};
  }
  /// The daemon's end says goodbye; what was sent to it can still be read.
  void hang_up() const { ::shutdown(ours_.get(), SHUT_WR); }
  /// All frames that were sent, once the worker has ended.
  std::vector<WorkerFrame> frames() {
    theirs_.reset();
    std::string text;
    char bytes[4096];
    for (ssize_t n = 0; (n = ::read(ours_.get(), bytes, sizeof(bytes))) > 0;) {
      text.append(bytes, static_cast<std::size_t>(n));
    }
    std::vector<WorkerFrame> all;
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
      const auto frame = parse_worker_frame(
          std::string_view(text).substr(at, text.find('\n', at) - at), TimePoint(1000h));
      EXPECT_TRUE(frame) << to_string(frame.error());
      if (frame) all.push_back(*frame);
    }
    return all;
  }

  HurryingClock clock_;
  UniqueFd ours_, theirs_;
};

TEST_F(WorkerTest, EndsForGoodWhereThereIsNothingToWatch) {
  Worker w = worker(sensor("amdgpu", [](int, bool) { return nothing(); }),
                    sensor("nvml", [](int, bool) { return nothing(); }));
  EXPECT_EQ(w.run(theirs_.get()), kWorkerNothingHere);
  const auto all = frames();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].report.sensor, "");
  EXPECT_EQ(all[0].next, "amdgpu");
  EXPECT_EQ(all[0].within, 30s);
  EXPECT_EQ(all[1].report.sensor, "amdgpu");  // what an earlier worker told is taken back
  EXPECT_EQ(all[1].next, "nvml");
  EXPECT_EQ(all[2].report.sensor, "nvml");
}

TEST_F(WorkerTest, PromisesTheNextFrameOfThoseThatHaveSomethingToTell) {
  Worker w = worker(sensor("amdgpu", [](int, bool) { return nothing(); }),
                    sensor("intel", [](int, bool) { return a_pool("intel:1"); }),
                    sensor("nvml", [this](int look, bool) {
                      if (look == 2) hang_up();
                      return a_pool("nvml:1");
                    }));
  EXPECT_EQ(w.run(theirs_.get()), 0);
  const auto all = frames();
  ASSERT_EQ(all.size(), 6U);
  EXPECT_EQ(all[3].report.sensor, "nvml");
  EXPECT_EQ(all[3].next, "intel");
  EXPECT_EQ(all[3].within, 31s);
  EXPECT_EQ(all[4].report.sensor, "intel");
  EXPECT_EQ(all[4].next, "nvml");
  EXPECT_EQ(all[4].within, 5s);
  EXPECT_EQ(all[5].within, 6s);
}

TEST_F(WorkerTest, ASensorThatFallsSilentSaysSoOnce) {
  Worker w = worker(
      sensor("amdgpu", [](int look, bool) { return look < 3 ? a_pool("amdgpu:1") : nothing(); }),
      sensor("nvml", [this](int look, bool) {
        if (look == 6) hang_up();
        return a_pool("nvml:1");
      }));
  EXPECT_EQ(w.run(theirs_.get()), 0);
  std::vector<std::size_t> pools;
  for (const WorkerFrame& frame : frames()) {
    if (frame.report.sensor == "amdgpu") pools.push_back(frame.report.seen.pools.size());
  }
  EXPECT_THAT(pools, ElementsAre(1, 1, 0));
}

TEST_F(WorkerTest, ASensorThatFailsIsAFaultAndTheOthersAreRead) {
  Worker w = worker(sensor("intel",
                           [](int, bool) -> Result<std::vector<Reading>> {
                             return fail(Errc::io, "broken", "/dev/dri/renderD128");
                           }),
                    sensor("nvml", [this](int, bool) {
                      hang_up();
                      return a_pool("nvml:1");
                    }));
  EXPECT_EQ(w.run(theirs_.get()), 0);
  const auto all = frames();
  ASSERT_EQ(all.size(), 3U);
  ASSERT_EQ(all[1].report.seen.faults.size(), 1U);
  EXPECT_EQ(all[1].report.seen.faults[0].sensor, "intel");
  EXPECT_EQ(all[2].report.seen.pools.size(), 1U);
}

TEST_F(WorkerTest, MakesRoomForAFreshProcessAfterHalfAMinuteOfFaults) {
  int looks = 0;
  Worker w = worker(sensor("nvml", [&looks](int look, bool) -> Result<std::vector<Reading>> {
    looks = look;
    if (look == 8) return a_pool("nvml:1");  // a good look between starts the patience anew
    return fail(Errc::unavailable, "GPU is lost", "nvmlDeviceGetMemoryInfo_v2");
  }));
  EXPECT_EQ(w.run(theirs_.get()), kWorkerStartAgain);
  EXPECT_GT(looks, 15);
  EXPECT_LT(looks, 30);
}

TEST_F(WorkerTest, LooksForOwnersWhenAskedAndNowAndThen) {
  std::vector<bool> owners;
  Worker w = worker(sensor("nvml", [&](int look, bool wanted) {
    owners.push_back(wanted);
    EXPECT_TRUE(look != 2 || ::send(ours_.get(), "ll", 2, 0) == 2);
    if (look == 12) hang_up();
    return a_pool("nvml:1");
  }));
  EXPECT_EQ(w.run(theirs_.get()), 0);
  ASSERT_EQ(owners.size(), 12U);
  EXPECT_TRUE(owners[0]);  // the first
  EXPECT_FALSE(owners[1]);
  EXPECT_TRUE(owners[2]);  // asked
  EXPECT_FALSE(owners[3]);
  EXPECT_THAT(owners, testing::Contains(true).Times(testing::Gt(2)));  // every 5 s
}

TEST_F(WorkerTest, EndsWhenNobodyListens) {
  ours_.reset();
  Worker w = worker(sensor("nvml", [](int, bool) { return a_pool("nvml:1"); }));
  EXPECT_EQ(w.run(theirs_.get()), 0);
}

TEST_F(WorkerTest, OnceIsOneLineForEachThatHasSomethingToTell) {
  Worker w = worker(sensor("amdgpu", [](int, bool) { return nothing(); }),
                    sensor("nvml", [](int, bool) { return a_pool("nvml:1"); }));
  const std::string text = w.once();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  EXPECT_THAT(text, HasSubstr("\"sensor\":\"nvml\""));
}

}  // namespace
}  // namespace spillway
