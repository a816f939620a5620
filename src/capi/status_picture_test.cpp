#include "capi/status_picture.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace spillway {
namespace {

PoolAssessment pool(std::string id, double share, Level level) {
  PoolAssessment out;
  out.pool = PoolId{std::move(id)};
  out.level = level;
  out.total = 16_GiB;
  out.used = scaled(16_GiB, share);
  out.free = *out.total - *out.used;
  out.share = share;
  return out;
}

StatusPicture picture() {
  StatusPicture out;
  out.report.source = "embedded";
  out.report.version = "0.1.0";
  out.report.level = Level::warning;
  out.report.pools.push_back({.assessment = pool("ram", 0.84, Level::warning)});
  out.report.pools[0].assessment.full_in = 12s;
  PoolAssessment unknown;
  unknown.pool = kSwap;
  out.report.pools.push_back({.assessment = unknown});
  out.usage[kRam] = {.peak_used = 14_GiB, .allocated = 1_GiB};
  PictureTenant tenant{.name = "stt", .home = "fp16", .own = kRam, .priority = 10};
  tenant.state.place = "small";
  tenant.state.holds = {{kRam, 1_GiB}};
  tenant.state.memory_errors = 2;
  tenant.state.give_pause = 1500ms;
  out.tenants.push_back(tenant);
  return out;
}

TEST(StatusPicture, WhatFellBackIsOnTheCpuUnlessItIsUnloaded) {
  PictureTenant tenant{.name = "stt", .home = "fp16", .own = kRam};
  tenant.state.fallen_back = true;
  EXPECT_EQ(tenant.place(), "");
  tenant.state.place = "fp16";
  EXPECT_EQ(tenant.place(), "cpu");
}

TEST(StatusPicture, TheSummaryNamesTheShortestPoolWithItsNumbers) {
  EXPECT_EQ(summary_line(picture()), "warning: ram 13.4 GiB of 16 GiB (84 %), full in 12 s");
  EXPECT_EQ(summary_line({}), "normal: no pool is known yet");
}

TEST(StatusPicture, TheReportNamesPoolsPeaksAndWhatIsAway) {
  const std::string text = text_block(picture());
  for (const char* part : {"(embedded): warning", "ram", "peak 14 GiB", "swap", "unknown", "stt",
                           "away from fp16", "2 memory errors"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " in\n" << text;
  }
}

TEST(StatusPicture, TheDocumentIsTheStatusDocumentWithAMemberMore) {
  const auto document = nlohmann::json::parse(json_document(picture()));
  EXPECT_EQ(document["schema"], "spillway.status/1");
  EXPECT_EQ(document["library"]["pools"][0]["peak_used_bytes"], (14_GiB).count);
  EXPECT_TRUE(document["library"]["pools"][0]["peak_reserved_bytes"].is_null());
  EXPECT_EQ(document["library"]["tenants"][0]["longest_give_pause_seconds"], 1.5);
}

TEST(StatusPicture, UnknownIsUnknownAndNeverZero) {
  const spillway_pool_status swap = pool_status(picture(), 1);
  EXPECT_EQ(swap.used, SPILLWAY_UNKNOWN);
  EXPECT_EQ(swap.total, SPILLWAY_UNKNOWN);
  EXPECT_LT(swap.share, 0);
  EXPECT_NE(swap.growth, swap.growth);
  EXPECT_EQ(swap.full_in_ms, SPILLWAY_UNKNOWN);
  EXPECT_EQ(swap.peak_used, SPILLWAY_UNKNOWN);
}

TEST(StatusPicture, ATenantThatFellBackIsServedOnTheCpuWhereverItsWeightsAre) {
  PictureTenant tenant = picture().tenants[0];
  tenant.state.fallen_back = true;
  const spillway_tenant_status status = tenant_status(tenant);
  EXPECT_STREQ(status.place, "cpu");
  EXPECT_EQ(status.on_cpu, 1);
  EXPECT_EQ(status.moved, 1);
  EXPECT_EQ(status.bytes, (1_GiB).count);
}

TEST(UsageBook, PeaksStayUntilReset) {
  UsageBook book;
  Assessment assessment;
  assessment.pools.push_back(pool("ram", 0.5, Level::normal));
  book.saw(assessment);
  assessment.pools[0] = pool("ram", 0.25, Level::normal);
  book.saw(assessment);
  book.report(kRam, 3_GiB, 4_GiB);
  book.report(kRam, 1_GiB, 4_GiB);
  EXPECT_EQ(book.all()[kRam].peak_used, 8_GiB);
  EXPECT_EQ(book.all()[kRam].peak_allocated, 3_GiB);
  EXPECT_EQ(book.all()[kRam].allocated, 1_GiB);
  book.reset_peaks();
  EXPECT_EQ(book.all()[kRam].peak_used, 4_GiB);
  EXPECT_EQ(book.all()[kRam].peak_allocated, 1_GiB);
}

TEST(UsageBook, AnUnknownReadingIsNoPeak) {
  UsageBook book;
  Assessment assessment;
  assessment.pools.push_back({.pool = kRam});
  book.saw(assessment);
  EXPECT_TRUE(book.all().empty());
}

}  // namespace
}  // namespace spillway
