#include "wire/worker_supervisor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include "tests/support/child.h"
#include "tests/support/temp_dir.h"

namespace spillway {
namespace {

using support::is_running;
using testing::HasSubstr;

class Sink final : public DeviceReportSink {
 public:
  void put(DeviceReport report) override {
    reports.push_back(std::move(report));
    trouble.reset();
  }
  void set_trouble(std::optional<Fault> t) override { trouble = std::move(t); }
  bool take_wish() override { return std::exchange(wish, false); }

  std::vector<DeviceReport> reports;
  std::optional<Fault> trouble;
  bool wish = false;
};

/// The worker is a shell script, time is told by hand, and only the script's own is real.
class WorkerSupervisorTest : public testing::Test {
 protected:
  WorkerSupervisor supervisor(const std::string& script) {
    return {{.program = "/bin/sh",
             .arguments = {"-c", script, "worker"},
             .inventory = [this] { return inventory_; }},
            sink_};
  }
  static std::string frame(const char* sensor, Duration within = 6s) {
    WorkerFrame f;
    f.next = "nvml";
    f.within = within;
    f.report.sensor = sensor;
    std::string line = format_worker_frame(f);
    line.pop_back();
    return "echo '" + line + "' >&3; ";
  }
  /// Serves it until `done`, in time that stands still.
  void serve(WorkerSupervisor& supervisor, const std::function<bool()>& done) {
    for (int i = 0; i < 2000 && !done(); ++i) {
      pollfd wait{supervisor.fd(), POLLIN, 0};
      if (::poll(&wait, 1, 5) == 1) supervisor.on_readable(now_);
      supervisor.tick(now_);
    }
    EXPECT_TRUE(done());
  }
  void bury(WorkerSupervisor& supervisor) {
    serve(supervisor, [&] { return supervisor.pid() == 0; });
  }

  TimePoint now_{1h};
  std::string inventory_ = "nvidia:0000:41:00.0";
  Sink sink_;
};

TEST_F(WorkerSupervisorTest, StartsNothingWithoutAGpu) {
  inventory_.clear();
  WorkerSupervisor worker = supervisor("echo never >&3");
  worker.tick(now_);
  EXPECT_EQ(worker.pid(), 0);
  EXPECT_EQ(worker.next_deadline(), now_ + 60s);
  inventory_ = "amdgpu:0000:03:00.0";  // plugged in
  now_ += 60s;
  worker.tick(now_);
  EXPECT_NE(worker.pid(), 0);
}

TEST_F(WorkerSupervisorTest, HandsReportsOn) {
  WorkerSupervisor worker = supervisor(frame("nvml") + frame("intel") + "read x <&3");
  serve(worker, [&] { return sink_.reports.size() == 2; });
  EXPECT_EQ(sink_.reports[0].sensor, "nvml");
  EXPECT_EQ(sink_.reports[1].sensor, "intel");
  EXPECT_EQ(worker.next_deadline(), now_ + 6s);
}

TEST_F(WorkerSupervisorTest, AsksForALookAtMostEveryTenthOfASecond) {
  const support::TempDir directory;
  WorkerSupervisor worker = supervisor(frame("nvml") + "head -c 2 <&3 > " + (directory / "asked") +
                                       "; " + frame("asked") + "read x <&3");
  serve(worker, [&] { return sink_.reports.size() == 1; });
  now_ += 100ms;
  sink_.wish = true;
  worker.tick(now_);
  sink_.wish = true;
  worker.tick(now_ + 20ms);
  EXPECT_EQ(worker.next_deadline(), now_ + 100ms);
  worker.tick(now_ + 100ms);
  serve(worker, [&] { return sink_.reports.size() == 2; });
  EXPECT_EQ(directory.read("asked"), "ll");
}

TEST_F(WorkerSupervisorTest, KillsAWorkerThatBreaksItsPromiseAndStartsAnother) {
  WorkerSupervisor worker = supervisor(frame("nvml") + "sleep 1000");
  serve(worker, [&] { return sink_.reports.size() == 1; });
  const pid_t first = worker.pid();
  now_ += 6s;
  worker.tick(now_);
  ASSERT_TRUE(sink_.trouble);
  EXPECT_EQ(sink_.trouble->sensor, "worker");
  EXPECT_EQ(sink_.trouble->error.code, Errc::timed_out);
  EXPECT_EQ(sink_.trouble->error.what, "reading nvml took longer than 6 s");
  bury(worker);
  EXPECT_FALSE(is_running(first));
  EXPECT_EQ(worker.next_deadline(), now_ + 500ms);
  now_ += 500ms;
  serve(worker, [&] { return sink_.reports.size() == 2; });
  EXPECT_FALSE(sink_.trouble);
}

TEST_F(WorkerSupervisorTest, AWorkerThatSaysNothingAtAllIsKilledToo) {
  WorkerSupervisor worker = supervisor("sleep 1000");
  worker.tick(now_);
  EXPECT_EQ(worker.next_deadline(), now_ + 10s);
  now_ += 10s;
  worker.tick(now_);
  bury(worker);
  EXPECT_TRUE(sink_.trouble);
}

TEST_F(WorkerSupervisorTest, WaitsLongerAndLongerForOneThatKeepsDying) {
  WorkerSupervisor worker = supervisor("exit 9");
  for (const Duration pause : {500ms, 1000ms, 2000ms, 4000ms, 8000ms, 16000ms, 30000ms, 30000ms}) {
    worker.tick(now_);
    bury(worker);
    EXPECT_EQ(worker.next_deadline(), now_ + pause);
    ASSERT_TRUE(sink_.trouble);
    EXPECT_EQ(sink_.trouble->error.what, "ended with status 9");
    now_ += pause;
  }
}

TEST_F(WorkerSupervisorTest, OneThatWorkedForLongIsReplacedSoon) {
  WorkerSupervisor worker =
      supervisor(frame("nvml", 60s) + "head -c 1 <&3 >/dev/null; " + frame("nvml", 60s) + "exit 4");
  for (int life = 1; life <= 3; ++life) {
    serve(worker, [&] { return sink_.reports.size() == 2U * life - 1; });
    now_ += 20s;
    sink_.wish = true;
    serve(worker, [&] { return sink_.reports.size() == 2U * life; });
    bury(worker);
    EXPECT_EQ(worker.next_deadline(), now_ + 500ms);
    EXPECT_FALSE(sink_.trouble);  // it asked to be started anew
    now_ += 500ms;
  }
}

TEST_F(WorkerSupervisorTest, NothingToWatchIsNotAskedAgainUntilTheGpusChange) {
  WorkerSupervisor worker = supervisor("exit 3");
  worker.tick(now_);
  bury(worker);
  EXPECT_FALSE(sink_.trouble);
  now_ += 60s;
  worker.tick(now_);
  EXPECT_EQ(worker.pid(), 0);
  EXPECT_EQ(worker.next_deadline(), now_ + 60s);
  inventory_ += " amdgpu:0000:03:00.0";
  now_ += 60s;
  worker.tick(now_);
  EXPECT_NE(worker.pid(), 0);
}

TEST_F(WorkerSupervisorTest, StartsAnewWhenTheGpusChange) {
  WorkerSupervisor worker = supervisor(frame("nvml", 60s) + "read x <&3; exit 0");
  serve(worker, [&] { return sink_.reports.size() == 1; });
  const pid_t first = worker.pid();
  inventory_ += " nvidia:0000:42:00.0";
  now_ += 59s;
  worker.tick(now_);
  EXPECT_EQ(worker.pid(), first);
  now_ += 1s;
  serve(worker, [&] { return worker.pid() == 0; });
  EXPECT_FALSE(is_running(first));
}

TEST_F(WorkerSupervisorTest, WhatIsNoFrameEndsTheWorker) {
  for (const char* words : {"echo garbage >&3; sleep 1000", "echo '{\"v\":7}' >&3; sleep 1000",
                            "yes x | head -c 600000 | tr -d '\\n' >&3; sleep 1000",
                            "head -c 100000 /dev/zero >&3; echo >&3; sleep 1000"}) {
    WorkerSupervisor worker = supervisor(words);
    serve(worker, [&] { return sink_.trouble.has_value(); });
    bury(worker);
    EXPECT_TRUE(sink_.reports.empty()) << words;
    sink_.trouble.reset();
  }
}

TEST_F(WorkerSupervisorTest, HalfAFrameIsNone) {
  WorkerSupervisor worker = supervisor("printf '{\"v\":1,\"within_ns\":' >&3; exit 0");
  serve(worker, [&] { return sink_.trouble.has_value(); });
  EXPECT_EQ(sink_.trouble->error.what, "ended with status 0");
  EXPECT_TRUE(sink_.reports.empty());
}

TEST_F(WorkerSupervisorTest, AFloodOfGoodFramesEndsTheWorker) {
  WorkerSupervisor worker = supervisor("while true; do " + frame("nvml") + "done 2>/dev/null");
  serve(worker, [&] { return sink_.trouble.has_value(); });
  EXPECT_THAT(sink_.trouble->error.what, HasSubstr("flood"));
  bury(worker);
  EXPECT_LE(sink_.reports.size(), 200U);
}

TEST_F(WorkerSupervisorTest, SaysThatTheProgramIsMissingAndTriesAgainLater) {
  WorkerSupervisor worker({.program = "/nonexistent/spillway-worker",
                           .arguments = {},
                           .inventory = [] { return "gpu"; }},
                          sink_);
  worker.tick(now_);
  ASSERT_TRUE(sink_.trouble);
  EXPECT_EQ(sink_.trouble->error.where, "/nonexistent/spillway-worker");
  EXPECT_EQ(worker.next_deadline(), now_ + 30s);
}

TEST_F(WorkerSupervisorTest, TheWorkerDoesNotOutliveIt) {
  pid_t pid = 0;
  {
    WorkerSupervisor worker = supervisor("sleep 1000");
    worker.tick(now_);
    pid = worker.pid();
    EXPECT_TRUE(is_running(pid));
  }
  EXPECT_FALSE(is_running(pid));
}

}  // namespace
}  // namespace spillway
