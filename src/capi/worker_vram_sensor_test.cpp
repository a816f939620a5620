#include "capi/worker_vram_sensor.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <thread>

#include "wire/worker_frame.h"

namespace spillway {
namespace {

/// A worker that is a shell script and tells of one card, on the real clock.
class WorkerVramTest : public testing::Test {
 protected:
  WorkerVramSensor sensor(const std::string& script) {
    return {driver_,
            {.program = "/bin/sh", .arguments = {"-c", script, "worker"}, .inventory = [this] {
               return inventory_;
             }}};
  }
  static std::string one_card() {
    WorkerFrame frame;
    frame.next = "nvml";
    frame.within = 1h;
    frame.report.sensor = "nvml";
    frame.report.seen.pools = {
        {.pool = {"vram:GPU-1"}, .used = 3_GiB, .total = 8_GiB, .source = "nvml"}};
    std::string line = format_worker_frame(frame);
    line.pop_back();
    return "echo '" + line + "' >&3; exec sleep 60";
  }
  std::vector<Reading> read(WorkerVramSensor& sensor) {
    return sensor.read({.now = clock_.now()}).value();
  }
  bool soon(const std::function<bool()>& done) {
    for (int i = 0; i < 1000 && !done(); ++i) std::this_thread::sleep_for(5ms);
    return done();
  }

  const SystemClock clock_;
  DriverVramSensor driver_{clock_};
  std::string inventory_ = "a card";
};

TEST_F(WorkerVramTest, TellsWhatTheWorkerSaw) {
  auto sensor = this->sensor(one_card());
  std::vector<Reading> readings;
  ASSERT_TRUE(soon([&] { return !(readings = read(sensor)).empty(); }));
  const auto* pool = std::get_if<PoolReading>(&readings.front());
  ASSERT_NE(pool, nullptr);
  EXPECT_EQ(pool->pool.text, "vram:GPU-1");
  EXPECT_EQ(pool->used, 3_GiB);
}

TEST_F(WorkerVramTest, WithoutAGpuNothingIsStarted) {
  inventory_.clear();
  auto sensor = this->sensor("touch /nonexistent/file; exit 1");
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(read(sensor).empty());
}

TEST_F(WorkerVramTest, AtRestItIsEndedAndToldNothingOldAfterwards) {
  auto sensor = this->sensor(one_card());
  ASSERT_TRUE(soon([&] { return !read(sensor).empty(); }));
  sensor.rest();
  EXPECT_TRUE(read(sensor).empty());
  EXPECT_TRUE(soon([&] { return !read(sensor).empty(); })) << "it may begin again";
}

TEST_F(WorkerVramTest, AWorkerThatCannotBeStartedIsAFault) {
  WorkerVramSensor sensor(driver_, {.program = "/nonexistent/spillway-worker",
                                    .inventory = [] { return std::string("a card"); }});
  const auto readings = read(sensor);
  ASSERT_EQ(readings.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<Fault>(readings.front()));
}

TEST(InstalledWorker, IsFoundBesideThisProgram) {
  const std::string beside = std::string(SPILLWAY_BINARY_DIR) + "/spillway-worker";
  if (::access(beside.c_str(), X_OK) != 0) GTEST_SKIP() << "it is not built";
  EXPECT_EQ(installed_worker(), std::filesystem::canonical(beside));
}

}  // namespace
}  // namespace spillway
