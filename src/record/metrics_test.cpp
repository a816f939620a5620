#include "record/metrics.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <sstream>

#include "json/samples_test.h"

namespace spillway {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

bool has(const std::string& text, const std::string& line) {
  const auto lines = lines_of(text);
  return std::find(lines.begin(), lines.end(), line) != lines.end();
}

StepEnded ended(const char* action, Bytes measured, StepStatus status = StepStatus::done) {
  StepEnded event;
  event.step.action = action;
  event.step.pool = kRam;
  event.outcome.status = status;
  event.outcome.measured = {{kRam, measured}, {kSwap, 5_GiB}};
  event.outcome.took = 250ms;
  return event;
}

TEST(Exposition, IsWellFormed) {
  ActionMetrics actions;
  actions.take(ended("trim", -300_MiB));
  const std::string text = exposition(sample<StatusReport>(), actions);
  const std::regex sample_line(
      R"re([a-z_]+(\{[a-z_]+="([^"\\]|\\.)*"(,[a-z_]+="([^"\\]|\\.)*")*\})? [-+0-9.e]+)re");
  std::set<std::string> typed;
  std::set<std::string> series;
  for (const std::string& line : lines_of(text)) {
    if (line.starts_with("# TYPE ")) {
      EXPECT_TRUE(typed.insert(line).second) << line;
    }
    if (line.starts_with("#")) continue;
    EXPECT_TRUE(std::regex_match(line, sample_line)) << line;
    EXPECT_TRUE(series.insert(line.substr(0, line.rfind(' '))).second) << "twice: " << line;
  }
  EXPECT_EQ(text.back(), '\n');
}

TEST(Exposition, NamesPoolsAndLevels) {
  const std::string text = exposition(sample<StatusReport>(), {});
  EXPECT_TRUE(has(text, R"(spillway_pool_used_bytes{pool="ram"} 7516192768)"));
  EXPECT_TRUE(has(text, R"(spillway_pressure_level{resource="ram"} 2)"));
  EXPECT_TRUE(has(text, R"(spillway_headroom_seconds{resource="ram"} 7)"));
  EXPECT_TRUE(has(text, R"(spillway_stall_ratio{resource="io",scope="ram",kind="some"} 0.25)"));
}

TEST(Exposition, VramAlsoHasTheNamesOfGpuDashboards) {
  StatusReport report;
  PoolStatus& gpu = report.pools.emplace_back();
  gpu.assessment.pool = {"vram:GPU-1"};
  gpu.assessment.used = 2_KiB;
  Tenant& tenant = report.tenants.emplace_back();
  tenant.id = {"stt"};
  tenant.holds = {{{"vram:GPU-1"}, 1_KiB}, {kRam, 3_KiB}, {{"vram:GPU-1"}, 1_KiB}};
  const std::string text = exposition(report, {});
  EXPECT_TRUE(has(text, R"(spillway_gpu_memory_used_bytes{gpu="GPU-1"} 2048)"));
  EXPECT_TRUE(has(text, R"(spillway_tenant_gpu_memory_bytes{tenant="stt",gpu="GPU-1"} 2048)"));
  EXPECT_TRUE(has(text, R"(spillway_tenant_resident_memory_bytes{tenant="stt"} 3072)"));
  EXPECT_EQ(text.find("spillway_tenant_swap_bytes"), std::string::npos);
}

TEST(Exposition, WhatIsUnknownHasNoSeries) {
  StatusReport report;
  report.pools.emplace_back().assessment.pool = kRam;
  const std::string text = exposition(report, {});
  EXPECT_EQ(text.find("pool_used_bytes"), std::string::npos);
  EXPECT_EQ(text.find("headroom_seconds"), std::string::npos);
  EXPECT_EQ(text.find("zram"), std::string::npos);
  EXPECT_NE(text.find("pressure_level"), std::string::npos);
}

TEST(Exposition, AFailedSensorIsDown) {
  StatusReport report;
  report.pools.emplace_back().source = "meminfo";
  report.faults = {{"nvml", {Errc::timed_out, "no answer", {}, {}}}};
  const std::string text = exposition(report, {});
  EXPECT_TRUE(has(text, R"(spillway_sensor_up{sensor="meminfo"} 1)"));
  EXPECT_TRUE(has(text, R"(spillway_sensor_up{sensor="nvml"} 0)"));
}

TEST(Exposition, EscapesHostileNames) {
  StatusReport report;
  report.tenants.emplace_back().id = {"a\"b\\c\nd"};
  const std::string text = exposition(report, {});
  EXPECT_TRUE(has(text, R"(spillway_tenant_loaded{tenant="a\"b\\c\nd"} 1)"));
}

TEST(ActionMetrics, AddUpByActionPoolAndResult) {
  ActionMetrics actions;
  actions.take(ended("trim", -300_B));
  actions.take(ended("trim", -200_B));
  actions.take(ended("trim", 0_B, StepStatus::failed));
  actions.take(ended("restore", 100_B));
  actions.take(Note{});
  const std::string text = exposition({}, actions);
  const std::string trim = R"({action="trim",resource="ram",result="done"})";
  EXPECT_TRUE(has(text, "spillway_actions_total" + trim + " 2"));
  EXPECT_TRUE(has(text, "spillway_freed_bytes_total" + trim + " 500"));
  EXPECT_TRUE(has(text, "spillway_action_duration_seconds_sum" + trim + " 0.5"));
  EXPECT_TRUE(has(text, "spillway_action_duration_seconds_count" + trim + " 2"));
  EXPECT_TRUE(
      has(text, R"(spillway_actions_total{action="trim",resource="ram",result="failed"} 1)"));
  EXPECT_TRUE(has(
      text, R"(spillway_restored_bytes_total{action="restore",resource="ram",result="done"} 100)"));
}

TEST(ActionMetrics, TheNumberOfLabelSetsIsBounded) {
  ActionMetrics actions;
  for (int i = 0; i < 10'000; ++i) actions.take(ended(std::to_string(i).c_str(), -1_B));
  EXPECT_LE(actions.totals().size(), 505);
  std::uint64_t count = 0;
  for (const auto& [key, totals] : actions.totals()) count += totals.count;
  EXPECT_EQ(count, 10'000U);
}

}  // namespace
}  // namespace spillway
