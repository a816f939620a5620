#include "record/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace spillway {
namespace {

constexpr WallTime kNow{1'795'191'600'000'000'000};
const PoolId kGpu{"vram:GPU-1"};

WallTime before(Duration age) { return {kNow.unix_ns - age.count()}; }
TimePoint moment(Duration age) { return TimePoint(1h) - age; }

/// A machine with one GPU; its figures are filled in by each test.
struct Why : testing::Test {
  StatusReport report;
  std::vector<Event> events;

  Why() {
    report.at = kNow;
    report.now = moment(0s);
  }

  PoolAssessment& pool(const PoolId& id, Level level, Bytes used, Bytes total) {
    PoolAssessment& a = report.pools.emplace_back().assessment;
    a.pool = id;
    a.level = level;
    a.used = used;
    a.total = total;
    a.share = ratio(used, total);
    a.relaxed = level == Level::normal;
    report.level = std::max(report.level, level);
    return a;
  }

  Tenant& tenant(const char* id, std::vector<PoolChange> holds) {
    Tenant& t = report.tenants.emplace_back();
    t.id = {id};
    t.holds = std::move(holds);
    return t;
  }

  static Step step(std::uint64_t id, Rung rung, const char* tenant) {
    Step s;
    s.id = id;
    s.rung = rung;
    s.tenant = {tenant};
    s.pool = kGpu;
    s.level = Level::critical;
    s.target = 300_MiB;
    return s;
  }

  void ended(Step s, Duration age, Outcome outcome) {
    events.push_back(StepStarted{{}, before(age + outcome.took), s});
    events.push_back(StepEnded{{}, before(age), std::move(s), std::move(outcome)});
  }

  void declined(Declined what) {
    Frame frame;
    frame.plan.declined = {std::move(what)};
    events.push_back(frame);
  }

  std::vector<std::string> lines(const char* query = "") {
    return explain(events, report, query).lines;
  }
};
using Lines = std::vector<std::string>;

TEST_F(Why, WithNothingShortTheFiguresAreTold) {
  pool(kRam, Level::normal, 3_GiB, 8_GiB);
  EXPECT_EQ(lines(),
            (Lines{"Nothing is short now.", "RAM is at normal: 3 GiB of 8 GiB in use (38 %)."}));
}

TEST_F(Why, AShortPoolIsToldWithItsHoldersBiggestFirst) {
  PoolAssessment& ram = pool(kRam, Level::critical, 7_GiB, 8_GiB);
  ram.since = moment(12s);
  ram.excess = 300_MiB;
  tenant("stt", {{kRam, 1_GiB}}).process = ProcessKey{100, 1};
  tenant("llm", {{kRam, 4_GiB}});
  report.owners = {{.key = {100, 1}, .name = "stt", .rss = 1_GiB},
                   {.key = {200, 1}, .name = "firefox", .rss = 1536_MiB},
                   {.key = {201, 1}, .name = "tiny", .rss = 1_MiB}};
  EXPECT_EQ(lines(),
            (Lines{"RAM has been at critical for 12 s: 7 GiB of 8 GiB in use (88 %); 300 MiB must "
                   "come back.",
                   "RAM is held by llm with 4 GiB, firefox (pid 200) with 1.5 GiB, stt with 1 GiB "
                   "and 1 more."}));
}

TEST_F(Why, TheEvidenceOfTheAssessmentIsUsedWhereThereIsOne) {
  pool(kRam, Level::warning, 7_GiB, 8_GiB).evidence = "7 GiB in use; growing by 120 MiB/s";
  EXPECT_EQ(lines().at(0), "RAM is at warning: 7 GiB in use; growing by 120 MiB/s.");
}

TEST_F(Why, AMeasureIsToldWithWhatWasWantedClaimedAndMeasured) {
  Step trim = step(1, Rung::trim, "llm");
  trim.used = 7_GiB;
  trim.total = 8_GiB;
  ended(trim, 12s,
        {.step = 1,
         .claimed = {{kGpu, -280_MiB}},
         .measured = {{kGpu, -265_MiB}},
         .took = 45ms,
         .pause = 3ms});
  EXPECT_EQ(
      lines("llm").at(1),
      "12 s ago: llm was trimmed for vram:GPU-1 at critical (7 GiB of 8 GiB); wanted: 300 MiB; "
      "claimed: freed 280 MiB of vram:GPU-1; measured: freed 265 MiB of vram:GPU-1; it took "
      "45 ms and made a request wait for at most 3 ms.");
}

TEST_F(Why, AMoveNamesWhatItChargedElsewhere) {
  ended(step(1, Rung::offload, "stt"), 2min,
        {.step = 1, .claimed = {{kGpu, -1536_MiB}, {kRam, 1_GiB}}, .took = 2s, .detail = "cpu"});
  const std::string line = lines("stt").at(1);
  EXPECT_NE(line.find("claimed: freed 1.5 GiB of vram:GPU-1 and charged 1 GiB to RAM"),
            std::string::npos)
      << line;
  EXPECT_NE(line.find("measured: nothing yet"), std::string::npos) << line;
}

TEST_F(Why, FailuresAreToldWithTheirReason) {
  ended(step(1, Rung::offload, "stt"), 9s,
        {.step = 1, .status = StepStatus::failed, .took = 1s, .error = "no CUDA context"});
  ended(step(2, Rung::trim, "stt"), 5s,
        {.step = 2, .status = StepStatus::timed_out, .took = 5s, .error = ""});
  const auto told = lines("stt");
  EXPECT_EQ(told.at(1),
            "9 s ago: stt was to be offloaded for vram:GPU-1 at critical; that failed after 1 "
            "s: no CUDA context.");
  EXPECT_EQ(
      told.at(2),
      "5 s ago: stt was to be trimmed for vram:GPU-1 at critical; it did not end within 5 s.");
}

TEST_F(Why, AMeasureThatRunsIsToldAsNotEnded) {
  events.push_back(StepStarted{{}, before(3s), step(1, Rung::offload, "stt")});
  EXPECT_EQ(lines("stt").at(1),
            "3 s ago: stt was to be offloaded for vram:GPU-1 at critical; it has not ended yet.");
}

TEST_F(Why, WhatWasDeclinedIsToldOnceWithItsLatestReason) {
  declined({kGpu, {"tts"}, Rung::offload, "needs 2 GiB of RAM"});
  declined({kGpu, {"tts"}, Rung::offload, "needs 1 GiB of RAM"});
  const Explanation answer = explain(events, report, "");
  EXPECT_EQ(answer.lines.back(),
            "Considered and declined for vram:GPU-1: offload of tts, because needs 1 GiB of RAM.");
  EXPECT_EQ(answer.declined.size(), 1);
}

Taken offloaded() {
  return {Rung::offload, "guest-offload", "cpu", {{kGpu, -1536_MiB}, {kRam, 1_GiB}}, moment(3min)};
}

TEST_F(Why, AnAwayTenantIsExplainedByDecidesOwnWords) {
  pool(kGpu, Level::normal, 6_GiB, 8_GiB).relaxed = false;
  tenant("stt", {}).taken = {offloaded()};
  declined({{}, {"stt"}, Rung::offload, "not given back: taken back 3 times within 10 min"});
  const Explanation answer = explain(events, report, "stt");
  EXPECT_EQ(answer.lines.back(),
            "stt is still offloaded to cpu, for 3 min now (that freed 1.5 GiB of vram:GPU-1 and "
            "charged 1 GiB to RAM); it is not back because taken back 3 times within 10 min.");
  ASSERT_EQ(answer.away.size(), 1);
  EXPECT_EQ(answer.away[0].why, "taken back 3 times within 10 min");
  EXPECT_TRUE(answer.declined.empty()) << "that is told as the reason, not as a declined measure";
}

TEST_F(Why, AnOldRefusalSaysNothingAboutALaterMove) {
  pool(kGpu, Level::critical, 7_GiB, 8_GiB);
  tenant("stt", {}).taken = {offloaded()};
  declined({{}, {"stt"}, Rung::offload, "not given back: its program is not connected"});
  ended(step(1, Rung::offload, "stt"), 3min, {.step = 1, .took = 1s});
  EXPECT_EQ(explain(events, report, "stt").away.at(0).why, "vram:GPU-1 is at critical");
}

TEST_F(Why, WithoutRecordsTheReportShowsWhyATenantIsAway) {
  Tenant& stt = tenant("stt", {});
  stt.taken = {offloaded()};
  const auto why = [&] { return explain(events, report, "stt").away.at(0).why; };

  EXPECT_EQ(why(), "nothing is known of vram:GPU-1");
  PoolAssessment& gpu = pool(kGpu, Level::normal, 6_GiB, 8_GiB);
  gpu.unknown_since = 9s;
  EXPECT_EQ(why(), "vram:GPU-1 has not been read for 9 s");
  gpu.unknown_since.reset();
  gpu.room = 300_MiB;
  EXPECT_EQ(why(),
            "it needs 1.5 GiB of vram:GPU-1, where only 300 MiB fit below the warning level");
  gpu.room = 2_GiB;
  gpu.relaxed = false;
  EXPECT_EQ(why(), "vram:GPU-1 is at 75 %, too full for giving back to begin");
  events.push_back(PolicyChanged{});
  EXPECT_EQ(why(), "vram:GPU-1 is at 75 %, and giving back begins below 60 %");
  gpu.relaxed = true;
  EXPECT_EQ(why(), "its turn has not come; nothing stands in its way");
  stt.connected = false;
  EXPECT_EQ(why(), "its program is not connected");
}

TEST_F(Why, CachesThatWereDroppedAreNotAway) {
  Tenant& stt = tenant("stt", {});
  stt.taken = {offloaded()};
  stt.taken[0].rung = Rung::trim;
  EXPECT_TRUE(explain(events, report, "stt").away.empty());
}

TEST_F(Why, APastShortageIsToldWithItsEnd) {
  pool(kRam, Level::normal, 3_GiB, 8_GiB);
  PoolAssessment a;
  a.pool = kRam;
  for (const auto& [level, age] :
       {std::pair{Level::warning, 5min}, std::pair{Level::emergency, 4min},
        std::pair{Level::warning, 3min}, std::pair{Level::normal, 2min}}) {
    const Level from = a.level;
    a.level = level;
    a.used = level == Level::emergency ? 7936_MiB : 7_GiB;
    events.push_back(LevelChanged{{}, before(age), from, a});
  }
  EXPECT_EQ(lines().at(2),
            "RAM rose to emergency 5 min ago (7.75 GiB in use) and was back at normal 2 min ago.");
}

TEST_F(Why, AKilledProcessIsFoundInTheRecords) {
  Frame frame;
  frame.snapshot.wall = before(30s);
  frame.snapshot.events = {
      {KernelEvent::Kind::oom_kill, {}, 4711, "Out of memory: Killed process", {}}};
  events.push_back(frame);
  EXPECT_EQ(lines("4711").at(0),
            "The kernel killed for lack of memory 30 s ago (pid 4711): Out of "
            "memory: Killed process.");
}

TEST_F(Why, APidOfATenantMeansTheTenant) {
  tenant("stt", {{kGpu, 1_GiB}}).process = ProcessKey{4711, 1};
  EXPECT_EQ(explain(events, report, "4711").about, "tenant stt");
  EXPECT_EQ(lines("4711").at(0), "stt (pid 4711) holds 1 GiB in vram:GPU-1, has priority 0.");
}

TEST_F(Why, AnyOtherProcessIsToldToBeLeftAlone) {
  report.owners = {{.key = {200, 1}, .name = "firefox", .rss = 2_GiB, .swap = 1_GiB}};
  EXPECT_EQ(lines("200"), (Lines{"firefox (pid 200) holds 2 GiB in RAM and 1 GiB in swap.",
                                 "It is no tenant: nothing is taken from it."}));
}

TEST_F(Why, AStepIsToldWithItsReasonAndEstimate) {
  Step s = step(17, Rung::trim, "llm");
  s.reason = "vram:GPU-1 is 300 MiB above its target";
  s.estimate = {{kGpu, -280_MiB}};
  ended(s, 5s, {.step = 17, .took = 1s});
  for (const char* query : {"step 17", "#17", " #17 "}) {
    const auto told = lines(query);
    ASSERT_EQ(told.size(), 3) << query;
    EXPECT_EQ(told[1], "It was decided because vram:GPU-1 is 300 MiB above its target.");
    EXPECT_EQ(told[2], "It was expected to have freed 280 MiB of vram:GPU-1.");
  }
}

TEST_F(Why, ATenantThatLeftIsStillKnown) {
  TenantChanged lost;
  lost.what = TenantChanged::What::lost;
  lost.wall = before(3min);
  lost.tenant.id = {"stt"};
  lost.reason = "its process ended";
  events.push_back(lost);
  const auto told = lines("stt");
  EXPECT_EQ(told.at(0), "stt is not registered now.");
  EXPECT_EQ(told.at(1), "The connection to it was lost 3 min ago: its process ended.");
}

TEST_F(Why, AnUnknownNameIsAnsweredWithTheKnownOnes) {
  tenant("stt", {});
  tenant("llm", {});
  for (const char* query : {"tts", "#99", "step 99", "4242", "99999999999999999999"}) {
    const Explanation answer = explain(events, report, query);
    EXPECT_FALSE(answer.found) << query;
    ASSERT_EQ(answer.lines.size(), 1);
    EXPECT_NE(answer.lines[0].find("the tenants are stt and llm."), std::string::npos);
  }
}

TEST_F(Why, AStormOfMeasuresIsCutToTheLatest) {
  for (std::uint64_t id = 0; id < 100; ++id) {
    ended(step(id, Rung::trim, "llm"), Duration(100s) - id * 1s, {.step = id, .took = 1ms});
  }
  const auto told = lines("llm");
  EXPECT_EQ(told.at(1), "80 earlier measures are left out here.");
  EXPECT_EQ(told.size(), 22);
}

TEST_F(Why, ANoticeThatNothingIsLeftSaysSo) {
  pool(kGpu, Level::critical, 7_GiB, 8_GiB);
  Step notice = step(1, Rung::notify, "");
  ended(notice, 12s, {.step = 1});
  notice.id = 2;
  notice.detail = "exhausted";
  ended(notice, 10s, {.step = 2});
  const Lines told = lines();
  EXPECT_THAT(told, testing::Contains(testing::HasSubstr("was notified")));
  EXPECT_THAT(told, testing::Contains(testing::StartsWith("Nothing was left to take for ")));
}

TEST_F(Why, TheDocumentHasSentencesAndFacts) {
  tenant("stt", {}).taken = {offloaded()};
  ended(step(1, Rung::trim, "stt"), 12s, {.step = 1, .measured = {{kGpu, -265_MiB}}, .took = 45ms});
  events.push_back(StepStarted{{}, before(3s), step(2, Rung::trim, "stt")});
  declined({kGpu, {"stt"}, Rung::freeze, "busy"});
  const auto document = nlohmann::json::parse(why_document(explain(events, report, "stt"), report));
  EXPECT_EQ(document["schema"], "spillway.why/1");
  EXPECT_EQ(document["about"], "tenant stt");
  EXPECT_EQ(document["found"], true);
  EXPECT_GE(document["sentences"].size(), 4);
  EXPECT_EQ(document["done"][0]["measured"][0]["bytes"], (-265_MiB).count);
  EXPECT_EQ(document["done"][0]["took_seconds"], 0.045);
  EXPECT_TRUE(document["done"][1]["status"].is_null());
  EXPECT_EQ(document["declined"][0]["why"], "busy");
  EXPECT_EQ(document["away"][0]["tenant"], "stt");
}

}  // namespace
}  // namespace spillway
