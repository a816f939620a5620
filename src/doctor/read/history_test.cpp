#include "doctor/read/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "json/codec.h"
#include "record/journal_files.h"
#include "tests/support/garbage.h"
#include "tests/support/temp_dir.h"

namespace spillway::doctor {
namespace {

using testing::IsEmpty;

constexpr double kMiB = 1 << 20;

/// A point every five minutes.
template <class F>
std::vector<Point> points(double hours, F bytes) {
  std::vector<Point> all;
  for (double at = 0; at <= hours; at += 1.0 / 12) all.push_back({at, bytes(at)});
  return all;
}

/// Noise that is the same in each run, of at most one.
double noise(double at) { return std::sin(at * 1000) * std::cos(at * 333); }

TEST(GrowthOf, FindsTheSlopeAndHowSureItIs) {
  const auto growth = growth_of(
      points(4, [](double at) { return 1000 * kMiB + (100 * at + 5 * noise(at)) * kMiB; }));
  ASSERT_TRUE(growth);
  EXPECT_NEAR(growth->per_hour, 100 * kMiB, growth->error);
  EXPECT_LT(growth->error, 3 * kMiB);
  EXPECT_TRUE(growth->steady);
  EXPECT_NEAR(static_cast<double>(growth->to.count - growth->from.count), 400 * kMiB, 12 * kMiB);
}

TEST(GrowthOf, AStepIsNoGrowthWhereverItIs) {
  for (const double when : {0.3, 1.0, 1.5, 2.0, 2.5, 3.0, 3.7}) {
    const auto growth =
        growth_of(points(4, [&](double at) { return (at < when ? 1000 : 3000) * kMiB; }));
    ASSERT_TRUE(growth);
    EXPECT_FALSE(growth->steady) << when;
  }
}

TEST(GrowthOf, NoiseAndBreathingAreNoGrowth) {
  const auto noisy =
      growth_of(points(4, [](double at) { return (1000 + 200 * noise(at)) * kMiB; }));
  EXPECT_GT(noisy->error, std::abs(noisy->per_hour) / 2);
  const auto breathing =
      growth_of(points(6, [](double at) { return (1000 + 300 * std::sin(at * 3)) * kMiB; }));
  EXPECT_FALSE(breathing->steady);
}

TEST(GrowthOf, NeedsTwoHoursAndTwelveLooks) {
  const auto line = [](double at) { return at; };
  EXPECT_FALSE(growth_of(points(1.9, line)));
  EXPECT_FALSE(growth_of({{0, 1}, {1, 2}, {2, 3}, {3, 4}}));
  EXPECT_FALSE(growth_of({}));
  EXPECT_FALSE(growth_of(std::vector<Point>(50, Point{1, 1})));
}

Frame frame(double hours, Bytes used, Bytes held) {
  Frame f;
  f.snapshot.at = TimePoint(from_seconds(hours * 3600));
  f.snapshot.wall = {1'700'000'000'000'000'000 + f.snapshot.at.time_since_epoch().count()};
  f.snapshot.pools = {{.pool = kRam,
                       .used = used,
                       .total = 16_GiB,
                       .reserved = {},
                       .cache = {},
                       .source = "meminfo",
                       .taken = f.snapshot.at}};
  f.snapshot.processes = {{.key = {42, 7},
                           .uid = 0,
                           .name = "python3",
                           .cgroup = {},
                           .rss = held,
                           .pss = {},
                           .swap = 1_MiB,
                           .oom_score_adj = {}}};
  f.snapshot.device_uses = {{PoolId{"vram:GPU-1"}, 42, 2_GiB, {}}};
  return f;
}

StepEnded offload(double hours, StepStatus status = StepStatus::done) {
  StepEnded ended;
  ended.wall = {1'700'000'000'000'000'000 + from_seconds(hours * 3600).count()};
  ended.step.rung = Rung::offload;
  ended.step.tenant = {"stt"};
  ended.outcome.status = status;
  return ended;
}

std::string journal(double hours) {
  std::string text;
  for (int minutes = 0; minutes <= hours * 60; minutes += 5) {
    const double at = minutes / 60.0;
    const Bytes held{static_cast<std::int64_t>((1000 + 60 * at) * kMiB)};
    text += to_compact_text(Event(frame(at, held + 2_GiB, held))) + "\n";
  }
  text += to_compact_text(Event(offload(hours))) + "\n";
  text += to_compact_text(Event(offload(hours, StepStatus::failed))) + "\n";
  return text;
}

TEST(ReadHistory, OfAJournal) {
  const support::TempDir dir;
  dir.write("journal-00000001.jsonl", journal(3));
  const History history = read_history(dir.path());
  EXPECT_EQ(history.span, 3h);
  EXPECT_EQ(history.offloads.at("stt"), 1);
  EXPECT_EQ(history.pools.at(kRam).least, 2_GiB + 1000_MiB);
  EXPECT_EQ(history.pools.at(kRam).most, 2_GiB + 1180_MiB);
  EXPECT_EQ(history.processes.at(42).least, 1001_MiB);
  ASSERT_EQ(history.growth.size(), 2U);
  EXPECT_EQ(history.growth[0].pool, kRam);
  EXPECT_EQ(history.growth[0].pid, 42);
  EXPECT_NEAR(history.growth[0].per_hour, 60 * kMiB, kMiB);
  EXPECT_TRUE(history.growth[0].steady);
  EXPECT_NEAR(history.growth[1].per_hour, 0, 1);  // its VRAM
}

TEST(ReadHistory, OffloadsOfYesterdayDoNotCount) {
  HistoryBook book;
  book.take(Event(offload(0)));
  book.take(Event(offload(1)));
  book.take(Event(offload(24.5)));
  EXPECT_EQ(book.finish().offloads.at("stt"), 2);
}

TEST(ReadHistory, WithoutAJournalIsEmpty) {
  const support::TempDir dir;
  for (const std::string& place : {std::string(), dir.path(), dir / "missing"}) {
    const History history = read_history(place);
    EXPECT_EQ(history.span, Duration{});
    EXPECT_THAT(history.growth, IsEmpty());
  }
}

TEST(ReadHistory, SurvivesWhateverStandsThere) {
  const std::string sane = journal(2.5);
  for (const auto& spoiler : support::spoilers()) {
    const support::TempDir dir;
    dir.write("journal-00000001.jsonl", spoiler.spoil(sane));
    const History history = read_history(dir.path());
    for (const Growth& growth : history.growth) {
      EXPECT_TRUE(std::isfinite(growth.per_hour) && std::isfinite(growth.error)) << spoiler.name;
    }
  }
}

TEST(HistoryBook, IsBounded) {
  HistoryBook book;
  for (int i = 0; i < 3000; ++i) {
    Frame f = frame(i / 100.0, 4_GiB, 1_GiB);
    f.snapshot.processes[0].key.pid = i % 1500;
    book.take(Event(std::move(f)));
  }
  EXPECT_LE(book.finish().processes.size(), 256U);
}

}  // namespace
}  // namespace spillway::doctor
