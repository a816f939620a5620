#include "record/event_lines.h"

#include <gtest/gtest.h>

#include "json/codec.h"

namespace spillway {
namespace {

Frame look(Duration at, Level level = Level::normal) {
  Frame frame;
  frame.snapshot.at = TimePoint(at);
  frame.assessment.level = level;
  frame.assessment.pools.emplace_back();
  frame.assessment.pools[0].pool = kRam;
  frame.assessment.pools[0].level = level;
  return frame;
}

Tenant tenant(const char* id) {
  Tenant t;
  t.id = {id};
  return t;
}

Frame read_back(const std::optional<std::string>& line) {
  return std::get<Frame>(from_text<Event>(line.value()).value());
}

/// How many frames of one look each `step` from 0 to `length` are kept.
int kept(FrameRules rules, Duration length, Duration step, Level level) {
  EventLines lines(rules);
  int count = 0;
  for (Duration at{}; at < length; at += step) count += lines.line(look(at, level)) ? 1 : 0;
  return count;
}

TEST(EventLines, KeepOneQuietFrameInTenSeconds) { EXPECT_EQ(kept({}, 60s, 1s, Level::normal), 6); }

TEST(EventLines, KeepOneFrameASecondUnderPressure) {
  EXPECT_EQ(kept({}, 10s, 100ms, Level::critical), 10);
}

TEST(EventLines, KeepEveryFrameForAFaithfulReplay) {
  EXPECT_EQ(kept({.every = true}, 10s, 100ms, Level::normal), 100);
}

TEST(EventLines, KeepAFrameThatNamesProcessesOnceInFiveMinutes) {
  EventLines lines({.quiet = 1h});
  ASSERT_TRUE(lines.line(look(0s)));
  int kept = 0;
  for (Duration at = 1s; at < 10min; at += 1s) {
    Frame frame = look(at);
    frame.snapshot.processes.emplace_back();
    kept += lines.line(frame) ? 1 : 0;
  }
  EXPECT_EQ(kept, 2);
}

TEST(EventLines, AlwaysKeepAFrameInWhichSomethingHappened) {
  EventLines lines;
  ASSERT_TRUE(lines.line(look(0s)));
  EXPECT_FALSE(lines.line(look(10ms)));

  EXPECT_TRUE(lines.line(look(20ms, Level::warning)));
  EXPECT_FALSE(lines.line(look(30ms, Level::warning)));

  Frame decided = look(40ms, Level::warning);
  decided.plan.steps.emplace_back();
  EXPECT_TRUE(lines.line(decided));

  Frame refused = look(50ms, Level::warning);
  refused.plan.refused.emplace_back(1, "too much");
  EXPECT_TRUE(lines.line(refused));

  Frame killed = look(60ms, Level::warning);
  killed.snapshot.events.emplace_back();
  EXPECT_TRUE(lines.line(killed));
}

TEST(EventLines, AFallOfALevelIsKeptToo) {
  EventLines lines;
  EXPECT_TRUE(lines.line(look(0s, Level::critical)));
  EXPECT_TRUE(lines.line(look(10ms, Level::normal)));
}

TEST(EventLines, EverythingButFramesIsKept) {
  EventLines lines;
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(lines.line(Note{}));
}

TEST(EventLines, TenantsOfADroppedFrameGoIntoTheNextKeptOne) {
  EventLines lines;
  ASSERT_TRUE(lines.line(look(0s)));
  Frame dropped = look(1s);
  dropped.tenants = std::vector{tenant("stt")};
  ASSERT_FALSE(lines.line(dropped));

  const Frame next = read_back(lines.line(look(20s)));
  ASSERT_TRUE(next.tenants);
  EXPECT_EQ(next.tenants->at(0).id.text, "stt");
  EXPECT_FALSE(read_back(lines.line(look(40s))).tenants) << "they did not change again";
}

TEST(EventLines, AfterARestartTheNextFrameIsKeptWithItsTenants) {
  EventLines lines;
  Frame first = look(0s);
  first.tenants = std::vector{tenant("stt")};
  ASSERT_TRUE(lines.line(first));
  lines.restart();
  const Frame next = read_back(lines.line(look(1s)));
  ASSERT_TRUE(next.tenants);
  EXPECT_EQ(next.tenants->size(), 1);
}

TEST(EventLines, OfManyProcessesTheBiggestStay) {
  EventLines lines({.processes = 2});
  Frame frame = look(0s);
  for (int pid = 1; pid <= 5; ++pid) {
    ProcessReading process;
    process.key.pid = pid;
    process.rss = Bytes{pid * 100};
    if (pid == 1) process.swap = 1_GiB;
    frame.snapshot.processes.push_back(process);
  }
  const Frame written = read_back(lines.line(frame));
  ASSERT_EQ(written.snapshot.processes.size(), 2);
  EXPECT_EQ(written.snapshot.processes[0].key.pid, 1);
  EXPECT_EQ(written.snapshot.processes[1].key.pid, 5);
}

TEST(EventLines, AClockThatWentBackDoesNotSilenceTheRecord) {
  EventLines lines;
  ASSERT_TRUE(lines.line(look(1h)));
  EXPECT_TRUE(lines.line(look(1s)));
}

}  // namespace
}  // namespace spillway
