#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "doctor/testing/explained_test.h"

namespace spillway::doctor {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

std::string torch(std::string_view prefix, double allocated, double asked = 20) {
  return fmt::format(
      "{}CUDA out of memory. Tried to allocate {:.2f} MiB (GPU 0; 11.17 GiB total capacity; {:.2f} "
      "GiB "
      "already allocated; 9.81 MiB free; 10.90 GiB reserved in total by PyTorch)\n",
      prefix, asked, allocated);
}

std::string at_minute(int minute) {
  return fmt::format("2026-07-01 {:02}:{:02}:00,000 ERROR ", minute / 60, minute % 60);
}

TEST(Storm, ConstantForHoursIsLoadAndNoLeak) {
  std::string log;
  for (int minute = 0; minute <= 650; minute += 5) log += torch(at_minute(minute), 10.63);
  const Report report = explained(log);
  ASSERT_THAT(report.findings, SizeIs(1));
  const Finding& finding = report.findings[0];
  EXPECT_EQ(finding.count, 131);
  EXPECT_EQ(finding.cause, Cause::overload);
  EXPECT_THAT(finding.because, HasSubstr("load, not a leak"));
}

TEST(Storm, WhatOnlyEverGrowsIsALeak) {
  std::string log;
  for (int i = 0; i < 10; ++i) log += torch(at_minute(i), 8.0 + 0.25 * i);
  const Report report = explained(log);
  ASSERT_THAT(report.findings, SizeIs(1));
  EXPECT_EQ(report.findings[0].cause, Cause::leak);
}

TEST(Storm, AnotherDeviceIsAnotherEvent) {
  std::string other = torch("", 10);
  other.replace(other.find("11.17"), 5, "23.69");
  EXPECT_THAT(explained(torch("", 10) + other).findings, SizeIs(2));
}

TEST(Storm, HoursApartAreTwoEvents) {
  EXPECT_THAT(explained(torch(at_minute(0), 10) + torch(at_minute(120), 10)).findings, SizeIs(2));
}

TEST(Cascade, TellsWhatFollowedAndWhatCameBefore) {
  const std::string log =
      "2026-07-01 10:00:00 INFO speech detected, tool call 6\n"
      "Traceback (most recent call last):\n"
      "  File \"a.py\", line 1, in f\n" +
      torch("2026-07-01 10:00:02 ERROR ", 10.63) +
      "2026-07-01T10:00:20Z box kernel: Out of memory: Killed process 7 (llama-server) "
      "total-vm:9kB, anon-rss:8kB\n";
  const Report report = explained(log);
  ASSERT_THAT(report.findings, SizeIs(2));
  EXPECT_THAT(report.findings[0].before, HasSubstr("speech detected, tool call 6"));
  ASSERT_THAT(report.findings[0].followed, SizeIs(1));
  EXPECT_EQ(report.findings[0].followed[0], "18 s later: kernel-oom in ram, llama-server killed");
}

TEST(Predictor, EffectsAreHandedInOrAbsent) {
  const std::string log = torch("", 10.63);
  const Report without = explained(log);
  for (const Advice& each : without.findings.at(0).advice) EXPECT_FALSE(each.effect);
  struct Half final : Predictor {
    std::optional<Effect> effect(const Finding&, Measure measure) override {
      if (measure != Measure::half_precision) return std::nullopt;
      return Effect{5_GiB, {}};
    }
    std::optional<std::int64_t> token_limit(const Finding&) override { return std::nullopt; }
  } predictor;
  Explainer explainer(&predictor);
  LineReader lines("log", std::make_unique<TextBytes>(log));
  explainer.read(lines);
  const Report report = explainer.finish();
  const auto& advice = report.findings.at(0).advice;
  EXPECT_EQ(std::count_if(advice.begin(), advice.end(),
                          [](const Advice& a) { return a.effect == 5_GiB; }),
            1);
}

TEST(Journal, ItsKernelMessagesAndPoolsAreRead) {
  std::string log =
      R"({"schema":"spillway.journal/1","kind":"frame","number":1,"snapshot":{"at_ns":1,)"
      R"("time":"2026-11-25T15:13:20.038Z","pools":[{"pool":"ram","used_bytes":900,"total_bytes":1000,)"
      R"("source":"meminfo","taken_ns":1}],"events":[{"event":"oom_kill","pool":"ram","pid":7,)"
      R"("text":"Out of memory: Killed process 7 (llm) total-vm:9kB, anon-rss:8kB","at_ns":1}]}})"
      "\n{\"kind\":\"frame\" broken\n";
  const Report report = explained(log);
  ASSERT_THAT(report.findings, SizeIs(1));
  EXPECT_EQ(report.findings[0].victim->name, "llm");
  EXPECT_EQ(report.findings[0].first.line, Stamp::Line::wall);
  ASSERT_THAT(report.series, SizeIs(1));
  EXPECT_EQ(report.series[0].pool(), "ram");
}

TEST(Series, SaysLoadOrGrowthOnlyOfHours) {
  Series steady("ram"), growing("ram"), brief("ram");
  for (int i = 0; i < 40'000; ++i) {
    steady.add(i, 9_GiB, 10_GiB);
    growing.add(i, Bytes{(4LL << 30) + i * 100'000LL}, 10_GiB);
    if (i < 60) brief.add(i, 9_GiB, 10_GiB);
  }
  EXPECT_LE(steady.points().size(), Series::kMost);
  EXPECT_THAT(steady.verdict(), HasSubstr("load, not a leak"));
  EXPECT_THAT(growing.verdict(), HasSubstr("grew"));
  EXPECT_EQ(brief.verdict(), "");
}

TEST(Bounds, AFloodOfDifferentErrorsIsCounted) {
  std::string log;
  for (int i = 0; i < 3000; ++i)
    log += torch(at_minute(i * 20 % 1440), 10) + std::string(300, '\n');
  const Report report = explained(log);
  EXPECT_LE(report.findings.size(), Gatherer::kMost);
}

std::vector<std::string> own_logs() {
  std::vector<std::string> logs;
  for (const auto& entry :
       std::filesystem::directory_iterator(SPILLWAY_SOURCE_DIR "/tests/fixtures/oom-logs")) {
    std::ifstream in(entry.path(), std::ios::binary);
    logs.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return logs;
}

TEST(Hostile, EveryTruncationIsRead) {
  for (const std::string& log : own_logs()) {
    const std::size_t step = log.size() > 2000 ? 17 : 1;
    for (std::size_t size = 0; size <= log.size(); size += step) {
      const Report report = explained(std::string_view(log).substr(0, size));
      ASSERT_EQ(report.bytes, size);
      ASSERT_LE(report.findings.size(), 5);
    }
  }
}

TEST(Hostile, MutatedLogsAreRead) {
  std::mt19937 random(7);
  for (const std::string& log : own_logs()) {
    for (int round = 0; round < 100; ++round) {
      std::string text = log;
      for (int i = 0; i < 8 && !text.empty(); ++i) {
        const std::size_t at = random() % text.size();
        switch (random() % 4) {
          case 0: text[at] = static_cast<char>(random()); break;
          case 1: text.erase(at, random() % 40); break;
          case 2: text.insert(at, std::to_string(random()) + "99999999999"); break;
          default: text.insert(at, text.substr(random() % text.size(), 60)); break;
        }
      }
      const std::string document = explain_document(explained(text));
      ASSERT_FALSE(nlohmann::json::parse(document).is_null());
    }
  }
}

TEST(Hostile, LongLinesKeepTheirErrors) {
  const std::string log = std::string(10'000'000, 'x') + " " + torch("", 10.63);
  const Report report = explained(log, 1 << 16);
  ASSERT_THAT(report.findings, SizeIs(1));
  EXPECT_LE(report.findings[0].evidence[0].text.size(), 810);
  EXPECT_THAT(report.notes, SizeIs(1));
}

}  // namespace
}  // namespace spillway::doctor
