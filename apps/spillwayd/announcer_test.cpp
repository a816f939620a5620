#include "announcer.h"

#include <gtest/gtest.h>

namespace spillway {
namespace {

Step offload() {
  Step step;
  step.id = 3;
  step.rung = Rung::offload;
  step.tenant = {"stt"};
  step.pool = kRam;
  step.level = Level::emergency;
  step.reason = "ram needs 300 MiB";
  return step;
}

TEST(Announcer, ALevelChangeHasItsCauseAndNumbers) {
  LevelChanged change;
  change.from = Level::warning;
  change.now = {.pool = kRam, .level = Level::emergency, .cause = Cause::threshold};
  change.now.used = 15_GiB;
  change.now.total = 16_GiB;
  change.now.evidence = "growing by 1 GiB/s";
  const LogLine line = announcement(change);
  EXPECT_EQ(line.severity, Severity::error);
  EXPECT_EQ(line.text,
            "ram: warning -> emergency (threshold), 15 GiB of 16 GiB used: growing by 1 GiB/s");
  std::swap(change.from, change.now.level);
  EXPECT_EQ(announcement(change).severity, Severity::info) << "better is no reason to worry";
}

TEST(Announcer, AMeasureHasWhatWasClaimedAndMeasured) {
  Outcome outcome;
  outcome.claimed = {{kRam, -300_MiB}};
  outcome.measured = {{kRam, -250_MiB}};
  outcome.took = 120ms;
  const LogLine line = announcement(StepEnded{{}, {}, offload(), outcome});
  EXPECT_EQ(line.severity, Severity::info);
  EXPECT_EQ(line.text,
            "offload stt for ram at emergency: done in 120 ms, claimed 300 MiB, measured 250 MiB "
            "(ram needs 300 MiB)");
}

TEST(Announcer, WhatIsNotMeasuredIsUnknownAndNotZero) {
  EXPECT_NE(announcement(StepEnded{{}, {}, offload(), {}}).text.find("measured unknown"),
            std::string::npos);
}

TEST(Announcer, AFailureIsAWarningWithItsReason) {
  Outcome outcome;
  outcome.status = StepStatus::timed_out;
  outcome.error = "no answer in time";
  const LogLine line = announcement(StepEnded{{}, {}, offload(), outcome});
  EXPECT_EQ(line.severity, Severity::warning);
  EXPECT_NE(line.text.find("timed_out"), std::string::npos);
  EXPECT_NE(line.text.find("no answer in time"), std::string::npos);
}

TEST(Announcer, LooksAndUpdatesAreNotAnnounced) {
  EXPECT_TRUE(announcement(Frame{}).text.empty());
  EXPECT_TRUE(
      announcement(TenantChanged{TenantChanged::What::updated, {}, {}, {}, {}}).text.empty());
}

}  // namespace
}  // namespace spillway
