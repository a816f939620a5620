#pragma once

#include "model/status.h"

namespace spillway {

/// A calm machine with two models, at 2026-11-20T16:20:00Z, 1000 s after boot.
inline StatusReport calm_report() {
  StatusReport report;
  report.source = "daemon";
  report.version = "0.1.0";
  report.at = WallTime{1'795'191'600'000'000'000};
  report.now = TimePoint(1000s);
  report.uptime = 90s;

  PoolStatus ram;
  ram.assessment.pool = kRam;
  ram.assessment.used = 2_GiB;
  ram.assessment.total = 16_GiB;
  ram.assessment.free = 14_GiB;
  ram.assessment.share = 0.125;
  ram.assessment.to_next = scaled(16_GiB, 0.675);
  ram.cache = 3_GiB;
  PoolStatus swap;
  swap.assessment.pool = kSwap;
  swap.assessment.used = 512_MiB;
  swap.assessment.total = 2_GiB;
  swap.assessment.share = 0.25;
  swap.assessment.to_next = scaled(2_GiB, 0.55);
  report.pools = {ram, swap};
  report.stalls = {{StallResource::memory, {}, 0, 0}, {StallResource::io, {}, 0.004, 0}};

  Tenant stt;
  stt.id = {"stt"};
  stt.priority = 10;
  stt.process = ProcessKey{4711, 99};
  stt.abilities = {.trim = true, .offload = true, .restore = true};
  stt.trimmable = 64_MiB;
  stt.holds = {{{"vram:GPU-1"}, 1.5_GiB}, {kRam, 200_MiB}};
  stt.last_used = TimePoint(990s);
  Tenant llm;
  llm.id = {"llm"};
  llm.pinned = true;
  llm.holds = {{kRam, 4_GiB}};
  llm.busy = true;
  report.tenants = {llm, stt};
  return report;
}

/// The same under pressure: RAM at critical, stt offloaded, a step under way.
inline StatusReport pressed_report() {
  StatusReport report = calm_report();
  report.level = Level::critical;
  PoolAssessment& ram = report.pools[0].assessment;
  ram.level = Level::critical;
  ram.used = 14.5_GiB;
  ram.share = 0.906;
  ram.growth = 120.0 * 1024 * 1024;
  ram.full_in = 12s;
  ram.excess = 900_MiB;
  ram.to_next = 700_MiB;
  ram.evidence = "14.5 GiB of 16 GiB in use (91 %), critical from 90 %";
  report.tenants[1].taken = {{Rung::offload, "guest-offload", "cpu", {}, TimePoint(900s)}};
  Step step;
  step.rung = Rung::trim;
  step.tenant = {"llm"};
  step.pool = kRam;
  step.estimate = {{kRam, -300_MiB}};
  report.running = {step};
  return report;
}

}  // namespace spillway
