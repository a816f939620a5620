#include "json/status_json.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "json/samples_test.h"

namespace spillway {
namespace {

using nlohmann::json;

json status(const StatusReport& report) { return json::parse(status_document(report)); }

TEST(StatusDocument, SaysItsSchemaFirst) {
  EXPECT_EQ(status_document({}, 0).rfind(R"({"schema":"spillway.status/1",)", 0), 0U);
  EXPECT_EQ(ps_document({}, 0).rfind(R"({"schema":"spillway.ps/1",)", 0), 0U);
}

TEST(StatusDocument, CarriesWhatTheReportSays) {
  const json document = status(sample<StatusReport>());
  EXPECT_EQ(document["time"], "2026-11-20T16:20:00.123Z");
  EXPECT_EQ(document["uptime_seconds"], 90.0);
  const json& pool = document["pools"][0];
  EXPECT_EQ(pool["pool"], "ram");
  EXPECT_EQ(pool["kind"], "ram");
  EXPECT_EQ(pool["level"], "critical");
  EXPECT_EQ(pool["used_bytes"], (7_GiB).count);
  EXPECT_EQ(pool["used_ratio"], 0.875);
  EXPECT_EQ(pool["full_in_seconds"], 7.0);
  EXPECT_EQ(pool["unknown_for_seconds"], 9.0);
  EXPECT_EQ(document["faults"][0]["code"], "timed_out");
  EXPECT_EQ(document["running"][0]["rung"], "offload");
  EXPECT_EQ(document["counters"]["kernel_oom_kills"], 8);
  EXPECT_EQ(document["owners"][0]["pid"], 4711);
}

TEST(StatusDocument, MomentsBecomeWallClockTimes) {
  const json document = status(sample<StatusReport>());
  // The report was made at 100 s of the monotonic line, the level began at 8 s.
  EXPECT_EQ(document["pools"][0]["since"], "2026-11-20T16:18:28.123Z");
  EXPECT_EQ(document["tenants"][0]["last_used"], "2026-11-20T16:18:22.123Z");
  StatusReport without_moment = sample<StatusReport>();
  without_moment.now = {};
  EXPECT_TRUE(status(without_moment)["pools"][0]["since"].is_null());
}

TEST(StatusDocument, UnknownIsNullAndAMeasuredZeroIsZero) {
  StatusReport report;
  report.pools.emplace_back().assessment.pool = kSwap;
  report.pools.back().assessment.used = 0_B;
  const json pool = status(report)["pools"][0];
  EXPECT_EQ(pool["used_bytes"], 0);
  for (const char* key : {"total_bytes", "free_bytes", "used_ratio", "growth_bytes_per_second",
                          "full_in_seconds", "reserved_bytes", "shape", "unknown_for_seconds"}) {
    EXPECT_TRUE(pool.at(key).is_null()) << key;
  }
}

TEST(PsDocument, TellsWhetherAModelIsWhereItUsedToBe) {
  StatusReport report = sample<StatusReport>();
  report.tenants[0].busy = false;
  Tenant trimmed = report.tenants[0];
  trimmed.id = {"llm"};
  trimmed.taken[0].rung = Rung::trim;
  report.tenants.push_back(trimmed);
  const json tenants = json::parse(ps_document(report))["tenants"];
  EXPECT_EQ(tenants[0]["tenant"], "stt#2");
  EXPECT_EQ(tenants[0]["resident"], false);
  EXPECT_EQ(tenants[0]["idle_seconds"], 98.0);
  EXPECT_EQ(tenants[0]["taken"][0]["changes"][0]["bytes"], (-300_MiB).count);
  EXPECT_EQ(tenants[1]["resident"], true);
}

TEST(PsDocument, ABusyTenantIsNotIdle) {
  const json tenant = json::parse(ps_document(sample<StatusReport>()))["tenants"][0];
  EXPECT_EQ(tenant["busy"], true);
  EXPECT_TRUE(tenant["idle_seconds"].is_null());
}

void collect_keys(const json& value, std::set<std::string>& keys) {
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) {
      keys.insert(key);
      collect_keys(member, keys);
    }
  }
  if (value.is_array()) {
    for (const json& item : value) collect_keys(item, keys);
  }
}

TEST(JsonDocs, NameEveryMemberThatIsWritten) {
  std::ifstream file(SPILLWAY_SOURCE_DIR "/docs/json.md");
  std::stringstream docs;
  docs << file.rdbuf();
  ASSERT_FALSE(docs.str().empty());
  std::set<std::string> keys;
  collect_keys(status(sample<StatusReport>()), keys);
  for (const std::string& key : keys) {
    EXPECT_NE(docs.str().find("`" + key + "`"), std::string::npos) << key << " is not documented";
  }
}

}  // namespace
}  // namespace spillway
