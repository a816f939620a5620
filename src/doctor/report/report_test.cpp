#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "doctor/report/document.h"

namespace spillway::doctor {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const PoolId kCard{"vram:GPU-1"};
constexpr std::int64_t kBegin = 1'795'190'400;  // seconds since 1970

WallTime wall(double s) { return {(kBegin + static_cast<std::int64_t>(s)) * 1'000'000'000}; }

/// A journal that is written as it is told.
struct Journal {
  ReportBuilder builder{wall(0), wall(24 * 3600)};
  std::uint64_t number = 0;

  Frame& look(double s, std::vector<std::pair<PoolId, double>> shares) {
    frame = Frame();
    frame.number = ++number;
    frame.snapshot.at = TimePoint(from_seconds(1000 + s));
    frame.snapshot.wall = wall(s);
    for (const auto& [id, share] : shares) {
      PoolAssessment& pool = frame.assessment.pools.emplace_back();
      pool.pool = id;
      pool.share = share;
      pool.total = 10_GiB;
      pool.used = scaled(10_GiB, share);
      pool.level = share >= 0.9 ? Level::critical : share >= 0.8 ? Level::warning : Level::normal;
    }
    return frame;
  }
  void take() { builder.take(frame); }
  void looks(double from, double to, std::vector<std::pair<PoolId, double>> shares) {
    for (double s = from; s <= to; s += 60) {
      look(s, shares);
      take();
    }
  }
  void step(double s, Rung rung, StepStatus status, Bytes claimed, Bytes measured, Duration pause) {
    StepEnded ended;
    ended.at = TimePoint(from_seconds(1000 + s));
    ended.wall = wall(s);
    ended.step.rung = rung;
    ended.step.pool = kCard;
    ended.step.tenant = {"stt"};
    ended.outcome.status = status;
    ended.outcome.claimed = {{kCard, -claimed}, {kRam, claimed}};
    ended.outcome.measured = {{kCard, -measured}, {kRam, measured}};
    ended.outcome.took = 2 * pause;
    ended.outcome.pause = pause;
    builder.take(ended);
  }
  JournalReport report(const Targets& targets = {}) { return builder.finish(targets); }

  Frame frame;
};

const Measure& goal(const JournalReport& report, std::string_view name) {
  const auto found = std::ranges::find(report.measures, name, &Measure::name);
  if (found == report.measures.end()) throw std::runtime_error("no such goal");
  return *found;
}

TEST(Report, SaysHowCloseEachPoolCame) {
  Journal journal;
  journal.looks(0, 540, {{kCard, 0.5}, {kRam, 0.3}});
  journal.looks(600, 1140, {{kCard, 0.85}, {kRam, 0.3}});
  journal.looks(1200, 1800, {{kCard, 0.95}, {kRam, 0.3}});
  const JournalReport report = journal.report();
  ASSERT_THAT(report.pools, SizeIs(2));
  const PoolHistory& card = report.pools[1];
  EXPECT_EQ(card.pool, kCard);
  EXPECT_EQ(card.highest, 0.95);
  EXPECT_EQ(card.times_short, 1U);
  EXPECT_EQ(card.highest_at, wall(1200));
  EXPECT_THAT(card.seconds_at, ElementsAre(600, 600, 600, 0, 0));
  EXPECT_EQ(report.seconds_recorded, 1800);
  EXPECT_EQ(goal(report, "vram").reached, 0.95);
  EXPECT_EQ(goal(report, "vram").met(), false);
  EXPECT_EQ(goal(report, "ram").met(), true);  // 3 GiB
  EXPECT_EQ(goal(report, "swap").reached, std::nullopt);
}

TEST(Report, ClaimedAndMeasuredAreKeptApart) {
  Journal journal;
  journal.looks(0, 60, {{kCard, 0.9}});
  journal.step(61, Rung::trim, StepStatus::done, 100_MiB, 40_MiB, 5ms);
  journal.step(62, Rung::offload, StepStatus::done, 2_GiB, 2_GiB, 800ms);
  journal.step(63, Rung::offload, StepStatus::timed_out, {}, {}, 3s);
  const JournalReport report = journal.report();
  ASSERT_THAT(report.rungs, SizeIs(2));
  EXPECT_EQ(report.rungs[0].claimed, 100_MiB);
  EXPECT_EQ(report.rungs[0].measured, 40_MiB);
  EXPECT_EQ(report.rungs[1].times, 2U);
  EXPECT_EQ(report.rungs[1].timed_out, 1U);
  EXPECT_EQ(report.rungs[1].longest, 6);
  ASSERT_THAT(report.pauses, SizeIs(3));
  EXPECT_EQ(report.pauses[0].seconds, 3);
}

TEST(Report, SilenceIsNoUptime) {
  Journal journal;
  journal.looks(0, 9 * 3600, {{kRam, 0.3}});
  journal.looks(11 * 3600, 13 * 3600, {{kRam, 0.3}});
  JournalReport report = journal.report();
  EXPECT_EQ(report.seconds_recorded, 11 * 3600);
  EXPECT_EQ(goal(report, "uptime").reached, 9 * 3600);
  EXPECT_EQ(goal(report, "uptime").met(), true);
  EXPECT_THAT(report.notes, Contains(HasSubstr("11 h are recorded")));
  EXPECT_THAT(report.notes, Contains(HasSubstr("before the end")));
}

TEST(Report, ARestartAndABootBreakTheUptime) {
  Journal journal;
  journal.looks(0, 3600, {{kRam, 0.3}});
  journal.number = 0;  // the guard anew
  journal.looks(3660, 7200, {{kRam, 0.3}});
  journal.look(7260, {{kRam, 0.3}}).snapshot.at = TimePoint(5s);  // the machine anew
  journal.take();
  const JournalReport report = journal.report();
  EXPECT_EQ(report.runs, 3U);
  EXPECT_EQ(goal(report, "uptime").met(), false);
}

TEST(Report, AShortJournalLeavesUptimeOpen) {
  Journal journal;
  journal.looks(20 * 3600, 24 * 3600, {{kRam, 0.3}});
  const JournalReport report = journal.report();
  EXPECT_EQ(goal(report, "uptime").met(), std::nullopt);
  EXPECT_THAT(report.notes, Contains(HasSubstr("covers less")));
}

TEST(Report, ErrorsThatNobodyToldAreNotNone) {
  Journal journal;
  journal.looks(0, 3600, {{kCard, 0.3}});
  EXPECT_EQ(goal(journal.report(), "cuda_errors_per_hour").reached, std::nullopt);
}

TEST(Report, CountsKillsGpuErrorsAndWhatTheLibraryCaught) {
  Journal journal;
  journal.look(0, {}).snapshot.vm.oom_kill = 7;  // before our time
  journal.take();
  Frame& frame = journal.look(60, {});
  frame.snapshot.vm.oom_kill = 9;
  frame.snapshot.events = {{KernelEvent::Kind::oom_kill, {}, 4711, "Killed process 4711", {}},
                           {KernelEvent::Kind::xid, {}, {}, "NVRM: Xid 31", {}}};
  frame.demands.push_back({.id = 5, .reason = "stt, which ran out of memory"});
  journal.take();
  journal.look(3600 + 60, {});
  frame.demands.push_back({.id = 5, .reason = "stt, which ran out of memory"});
  journal.take();
  for (double s = 120; s < 3600; s += 60) journal.look(s, {}), journal.take();
  const JournalReport report = journal.report();
  EXPECT_EQ(report.kills, 2U);
  EXPECT_EQ(report.gpu_errors, 1U);
  EXPECT_EQ(report.out_of_memory, 1U);
  EXPECT_EQ(goal(report, "cuda_errors_per_hour").met(), false);
  EXPECT_EQ(goal(report, "uptime").met(), false);
}

TEST(Report, AKillInTheLogAndInTheCounterIsOne) {
  Journal journal;
  const KernelEvent killed{KernelEvent::Kind::oom_kill, {}, 4711, "Killed process 4711", {}};
  journal.look(0, {}).snapshot.vm.oom_kill = 7;
  journal.take();
  journal.look(10, {}).snapshot.events = {killed};  // told first
  journal.take();
  journal.look(20, {}).snapshot.vm.oom_kill = 8;
  journal.take();
  journal.look(30, {}).snapshot.vm.oom_kill = 9;  // counted first
  journal.take();
  journal.look(40, {}).snapshot.events = {killed};
  journal.take();
  EXPECT_EQ(journal.report().kills, 2U);
}

TEST(Report, TargetsAreTheUsers) {
  Journal journal;
  journal.looks(0, 3600, {{kCard, 0.75}});
  EXPECT_EQ(goal(journal.report({.vram = 0.8}), "vram").met(), true);
}

TEST(Report, AnyFiguresAreTaken) {
  Journal journal;
  journal.look(0, {{kCard, 1e300}}).snapshot.vm.oom_kill = ~0ULL;
  journal.take();
  journal.look(60, {{kCard, -5}}).snapshot.at = TimePoint(Duration::min());
  journal.take();
  journal.frame.snapshot.at = TimePoint(Duration::max());
  journal.take();
  journal.step(70, Rung::trim, StepStatus::done, Bytes::limit(false), Bytes::limit(true),
               Duration::max());
  for (int i = 0; i < 1000; ++i) {
    journal.look(80 + i, {{{"cgroup:/" + std::to_string(i)}, 0.5}});
    journal.take();
  }
  const JournalReport report = journal.report();
  EXPECT_LE(report.pools.size(), ReportBuilder::kMostPools);
  EXPECT_THAT(report.notes, Contains(HasSubstr("left out")));
  EXPECT_TRUE(nlohmann::json::accept(report_document(report)));
}

TEST(Report, NothingIsSaidOfAnEmptyJournal) {
  const JournalReport report = Journal().report();
  EXPECT_THAT(report.notes, ElementsAre(HasSubstr("nothing of this time")));
  EXPECT_THAT(report.pools, IsEmpty());
  const auto document = nlohmann::json::parse(report_document(report));
  EXPECT_EQ(document["schema"], "spillway.report/1");
  for (const auto& goal : document["goals"]) EXPECT_TRUE(goal["met"].is_null()) << goal;
}

}  // namespace
}  // namespace spillway::doctor
