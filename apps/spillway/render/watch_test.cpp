#include "render/watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "render/reports_test.h"

namespace spillway {
namespace {

StatusReport report_with_owner(const std::string& name) {
  StatusReport report = calm_report();
  report.owners = {{{4711, 99}, 1000, name, "", 3_GiB, {}, {}, {}}};
  return report;
}

TEST(WatchLine, StandsUnderItsHead) {
  const std::string head = watch_head();
  const std::string line = watch_line(report_with_owner("llama-server"));
  EXPECT_EQ(line,
            "16:20:00  normal          2 of 16 GiB     3 GiB  512 MiB of 2 GiB                 -  "
            "llama-server 3 GiB (pid 4711)");
  EXPECT_EQ(head.find("TOP OWNER"), line.find("llama-server"));
}

TEST(WatchCsv, HasAFieldForEachTitleAndNothingForTheUnknown) {
  const std::string line = watch_csv(report_with_owner("llama-server"));
  EXPECT_EQ(
      line,
      "2026-11-20T16:20:00.000Z,normal,2147483648,17179869184,3221225472,536870912,2147483648,"
      ",,4711,llama-server,3221225472");
  EXPECT_EQ(std::count(line.begin(), line.end(), ','),
            std::count(kWatchCsvHead.begin(), kWatchCsvHead.end(), ','));
  const std::string without = watch_csv(calm_report());
  EXPECT_EQ(std::count(without.begin(), without.end(), ','),
            std::count(kWatchCsvHead.begin(), kWatchCsvHead.end(), ','));
}

TEST(WatchCsv, QuotesNamesThatWouldBreakIt) {
  EXPECT_THAT(watch_csv(report_with_owner("a,\"b\n")), testing::HasSubstr(",\"a,\"\"b?\","));
}

TEST(WatchJson, IsOneLineWithNullForTheUnknown) {
  const std::string line = watch_json(report_with_owner("llama-server"));
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["schema"], "spillway.watch/1");
  EXPECT_EQ(json["ram_used_bytes"], (2_GiB).count);
  EXPECT_TRUE(json["vram_used_bytes"].is_null());
  EXPECT_EQ(json["top_owner"]["bytes"], (3_GiB).count);
}

TEST(WatchLine, AnOldReadingIsNotShownAsThePresent) {
  StatusReport report = calm_report();
  report.pools[0].assessment.unknown_since = 12s;
  EXPECT_TRUE(nlohmann::json::parse(watch_json(report))["ram_used_bytes"].is_null());
}

}  // namespace
}  // namespace spillway
