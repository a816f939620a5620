#include "wire/worker_frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/garbage.h"

namespace spillway {
namespace {

using testing::HasSubstr;

constexpr TimePoint kNow(1h);

WorkerFrame frame() {
  WorkerFrame f;
  f.next = "intel";
  f.within = 6s;
  f.report.sensor = "nvml";
  f.report.seen = make_snapshot(
      kNow, {},
      {PoolReading{.pool = {"vram:GPU-a"},
                   .used = 3_GiB,
                   .total = 8_GiB,
                   .reserved = std::nullopt,
                   .source = "nvml:0000:41:00.0",
                   .taken = kNow - 2s},
       DeviceUse{{"vram:GPU-a"}, 4242, 1_GiB, 5_MiB},
       KernelEvent{KernelEvent::Kind::xid, PoolId{"vram:GPU-a"}, std::nullopt, "Xid 79", kNow},
       Fault{"nvml:0000:42:00.0", {Errc::unavailable, "GPU is lost", "nvml", ""}}},
      {});
  f.report.capabilities = {{"nvml:0000:41:00.0", true, "NVIDIA"}};
  return f;
}

std::string line_of(const WorkerFrame& f) {
  std::string line = format_worker_frame(f);
  line.pop_back();
  return line;
}

/// The frame with one part of its text changed.
std::string with(std::string_view from, std::string_view to) {
  std::string line = line_of(frame());
  const auto at = line.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return line.replace(at, from.size(), to);
}

Errc refusal(const std::string& line) {
  const auto parsed = parse_worker_frame(line, kNow);
  return parsed ? Errc::refused : parsed.error().code;
}

TEST(WorkerFrame, ComesBackAsItWas) {
  const std::string line = format_worker_frame(frame());
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const auto back = parse_worker_frame(line.substr(0, line.size() - 1), kNow);
  ASSERT_TRUE(back) << to_string(back.error());
  EXPECT_EQ(back->next, "intel");
  EXPECT_EQ(back->within, 6s);
  EXPECT_EQ(back->report.sensor, "nvml");
  const Snapshot& seen = back->report.seen;
  ASSERT_EQ(seen.pools.size(), 1U);
  EXPECT_EQ(seen.pools[0].used, 3_GiB);
  EXPECT_EQ(seen.pools[0].reserved, std::nullopt);
  EXPECT_EQ(seen.pools[0].taken, kNow - 2s);
  ASSERT_EQ(seen.device_uses.size(), 1U);
  EXPECT_EQ(seen.device_uses[0].evicted, 5_MiB);
  ASSERT_EQ(seen.events.size(), 1U);
  EXPECT_EQ(seen.events[0].text, "Xid 79");
  ASSERT_EQ(seen.faults.size(), 1U);
  EXPECT_EQ(seen.faults[0].error.code, Errc::unavailable);
  ASSERT_EQ(back->report.capabilities.size(), 1U);
  EXPECT_TRUE(back->report.capabilities[0].available);
}

TEST(WorkerFrame, APromiseAloneIsAFrame) {
  WorkerFrame promise;
  promise.next = "nvml";
  promise.within = 30s;
  const auto back = parse_worker_frame(line_of(promise), kNow);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->report.sensor, "");
  EXPECT_EQ(back->within, 30s);
}

TEST(WorkerFrame, PromisesAndMomentsAreBounded) {
  EXPECT_EQ(parse_worker_frame(with("6000000000", "9223372036854775807"), kNow)->within, 60s);
  EXPECT_EQ(parse_worker_frame(with("6000000000", "-1"), kNow)->within, 0s);
  const auto early = parse_worker_frame(line_of(frame()), kNow - 10s);
  ASSERT_TRUE(early);
  EXPECT_EQ(early->report.seen.pools[0].taken, kNow - 10s);
  EXPECT_EQ(early->report.seen.at, kNow - 10s);
}

TEST(WorkerFrame, AnotherVersionIsTold) {
  const auto parsed = parse_worker_frame(with("\"v\":1", "\"v\":2"), kNow);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code, Errc::unsupported);
  EXPECT_THAT(parsed.error().hint, HasSubstr("same version"));
}

TEST(WorkerFrame, SpeaksOfGpusOnly) {
  EXPECT_EQ(refusal(with("vram:GPU-a\",\"used", "ram\",\"used")), Errc::invalid);
  EXPECT_EQ(refusal(with("vram:GPU-a\",\"pid", "swap\",\"pid")), Errc::invalid);
  EXPECT_EQ(refusal(with("\"xid\"", "\"oom_kill\"")), Errc::invalid);
  EXPECT_EQ(refusal(with("vram:GPU-a\",\"used", "vram:\\u001b[2J\",\"used")), Errc::invalid);
  EXPECT_EQ(refusal(with("nvml:0000:41:00.0\",\"taken", "meminfo\",\"taken")), Errc::invalid);
  EXPECT_EQ(refusal(with("nvml:0000:42:00.0", "meminfo")), Errc::invalid);
}

TEST(WorkerFrame, ReadingsOfOtherKindsAreDropped) {
  const auto parsed = parse_worker_frame(with("\"pools\"",
                                              "\"processes\":[{\"key\":{\"pid\":1}}],"
                                              "\"stalls\":[{\"resource\":\"memory\"}],\"pools\""),
                                         kNow);
  ASSERT_TRUE(parsed) << to_string(parsed.error());
  EXPECT_TRUE(parsed->report.seen.processes.empty());
  EXPECT_TRUE(parsed->report.seen.stalls.empty());
}

TEST(WorkerFrame, RefusesFiguresThatCannotBe) {
  EXPECT_EQ(refusal(with("3221225472", "-3221225472")), Errc::invalid);
  EXPECT_EQ(refusal(with("3221225472", "9223372036854775807")), Errc::invalid);
  EXPECT_EQ(refusal(with("3221225472", "\"3\"")), Errc::invalid);
  EXPECT_EQ(refusal(with("4242", "0")), Errc::invalid);
  EXPECT_EQ(refusal(with("4242", "-7")), Errc::invalid);
  EXPECT_EQ(refusal(with("4242", "99999999999")), Errc::invalid);
}

TEST(WorkerFrame, RefusesWhatIsCutShort) {
  const std::string line = line_of(frame());
  for (std::size_t length = 0; length < line.size(); ++length) {
    EXPECT_EQ(refusal(line.substr(0, length)), Errc::invalid) << length;
  }
}

TEST(WorkerFrame, RefusesOrUnderstandsEverySpoiling) {
  const std::string line = line_of(frame());
  for (const auto& spoiler : support::spoilers()) {
    const auto parsed = parse_worker_frame(spoiler.spoil(line), kNow);
    EXPECT_FALSE(spoiler.leaves_nothing && parsed) << spoiler.name;
  }
  for (const char* text : {"null", "[]", "{}", "1", "\"v\"", "{\"v\":1}", "{\"v\":\"1\"}",
                           "{\"v\":1,\"within_ns\":1,\"sensor\":\"x\"}",
                           "{\"v\":1,\"within_ns\":1e99,\"sensor\":\"x\"}"}) {
    EXPECT_EQ(refusal(text), Errc::invalid) << text;
  }
  EXPECT_EQ(refusal(std::string(100'000, '[')), Errc::invalid);
  EXPECT_EQ(refusal(std::string(kLongestFrame + 1, ' ')), Errc::invalid);
}

TEST(WorkerFrame, ListsWithoutEndAreCutByTheWorkerAndRefusedByTheDaemon) {
  WorkerFrame crowded = frame();
  for (int i = 1; i <= 5000; ++i) {
    crowded.report.seen.device_uses.push_back({{"vram:GPU-a"}, i, Bytes{i}, std::nullopt});
  }
  crowded.report.seen.faults.resize(500, crowded.report.seen.faults[0]);
  crowded.report.seen.faults[0].error.what.assign(100'000, '\xff');
  const std::string line = line_of(crowded);
  EXPECT_LE(line.size(), kLongestFrame);
  const auto back = parse_worker_frame(line, kNow);
  ASSERT_TRUE(back) << to_string(back.error());
  EXPECT_EQ(back->report.seen.device_uses.size(), 1024U);
  EXPECT_EQ(back->report.seen.device_uses[0].bytes, 1_GiB);  // the biggest stay
  EXPECT_EQ(back->report.seen.device_uses[1].pid, 5000);

  std::string forged = R"({"v":1,"within_ns":1,"sensor":"x","capabilities":[],"seen":{"faults":[)";
  for (int i = 0; i < 100; ++i) forged += std::string(i > 0 ? "," : "") + R"({"sensor":"x"})";
  EXPECT_EQ(refusal(forged + "]}}"), Errc::invalid);
}

}  // namespace
}  // namespace spillway
