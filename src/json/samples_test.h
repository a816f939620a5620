#pragma once

#include "model/event.h"
#include "model/status.h"

namespace spillway {

/// One object of each type in which every member differs from its default: what is lost or mixed up
/// on the way through JSON shows. Shared by the tests of json/ and record/.
template <class T>
T sample();

template <>
inline PoolReading sample() {
  return {.pool = {"vram:GPU-1"},
          .used = 5_GiB,
          .total = 8_GiB,
          .reserved = 300_MiB,
          .cache = 1_MiB,
          .source = "nvml",
          .taken = TimePoint(3s),
          .swapped = 2_MiB};
}
template <>
inline StallReading sample() {
  return {StallResource::io, kRam, 4s, 2s, TimePoint(5s)};
}
template <>
inline VmCounters sample() {
  return {1, 2, 3, 4, 5, 6, 7, 8, TimePoint(9s)};
}
template <>
inline MemoryDetail sample() {
  return {1_B, 2_B, 3_B, 4_B, 5_B, 6_B, 7_B, 8_B, 9_B, 10_B, 11_B, 12_B};
}
template <>
inline ProcessReading sample() {
  return {.key = {4711, 99},
          .uid = 1000,
          .name = "llama-server",
          .cgroup = "/user.slice/a",
          .rss = 3_GiB,
          .pss = 2_GiB,
          .swap = 1_GiB,
          .oom_score_adj = -17};
}
template <>
inline DeviceUse sample() {
  return {{"vram:GPU-1"}, 4711, 4_GiB, 1_GiB};
}
template <>
inline KernelEvent sample() {
  return {KernelEvent::Kind::xid, PoolId{"vram:GPU-1"}, 4711, "Xid 31", TimePoint(6s)};
}
template <>
inline Error sample() {
  return {Errc::timed_out, "no answer", "/dev/nvidia0", "wait"};
}
template <>
inline Fault sample() {
  return {"nvml", sample<Error>()};
}
template <>
inline Snapshot sample() {
  return {TimePoint(7s),
          {1'795'191'600'123'000'000},
          {sample<PoolReading>()},
          {sample<StallReading>()},
          sample<VmCounters>(),
          sample<MemoryDetail>(),
          {sample<ProcessReading>()},
          {sample<DeviceUse>()},
          {sample<KernelEvent>()},
          {sample<Fault>()}};
}
template <>
inline PoolAssessment sample() {
  PoolAssessment x;
  x.pool = kRam;
  x.level = Level::critical;
  x.since = TimePoint(8s);
  x.cause = Cause::forecast;
  x.used = 7_GiB;
  x.total = 8_GiB;
  x.free = 1_GiB;
  x.share = 0.875;
  x.growth = 1.5e8;
  x.full_in = 7s;
  x.unknown_since = 9s;
  x.excess = 300_MiB;
  x.room = -1_MiB;
  x.to_next = 2_MiB;
  x.relaxed = true;
  x.shape = Shape::leak;
  x.evidence = "grows 150 MiB/s";
  return x;
}
template <>
inline Assessment sample() {
  return {TimePoint(7s), {sample<PoolAssessment>()}, Level::critical};
}
template <>
inline PoolChange sample() {
  return {kRam, -300_MiB};
}
template <>
inline Taken sample() {
  return {Rung::offload, "guest-offload", "cpu", {sample<PoolChange>()}, TimePoint(4s)};
}
template <>
inline Tenant sample() {
  Tenant x;
  x.id = {"stt#2"};
  x.priority = -3;
  x.pinned = true;
  x.stop_allowed = true;
  x.uid = 1000;
  x.process = ProcessKey{4711, 99};
  x.cgroup = "/user.slice/stt";
  x.group = "/user.slice";
  x.abilities = {true, true, true, true, true, true};
  x.variants = {{"fp16", {{kRam, 1_GiB}}}, {"cpu", {}}};
  x.variant = "fp16";
  x.holds = {{{"vram:GPU-1"}, 2_GiB}};
  x.peaks = {{kRam, 3_GiB}};
  x.trimmable = 64_MiB;
  x.last_used = TimePoint(2s);
  x.busy = true;
  x.connected = false;
  x.registered = TimePoint(1s);
  x.taken = {sample<Taken>()};
  return x;
}
template <>
inline Offer sample() {
  return {.tenant = {"stt"},
          .action = "guest-offload",
          .rung = Rung::offload,
          .changes = {sample<PoolChange>()},
          .cost_give = 2s,
          .cost_restore = 3s,
          .deadline = 4s,
          .sure = false,
          .detail = "cpu"};
}
template <>
inline Demand sample() {
  return {.id = 7,
          .direction = Direction::restore,
          .pool = kRam,
          .bytes = 2_GiB,
          .tenant = TenantId{"stt"},
          .asker = TenantId{"llm"},
          .highest = Rung::evict,
          .dry_run = true,
          .deadline = TimePoint(9s),
          .reason = "spillway free",
          .only_uid = 1000};
}
template <>
inline Step sample() {
  return {.id = 17,
          .direction = Direction::restore,
          .rung = Rung::offload,
          .action = "guest-offload",
          .tenant = {"stt"},
          .pool = kRam,
          .level = Level::emergency,
          .used = 6_GiB,
          .total = 8_GiB,
          .target = 300_MiB,
          .estimate = {sample<PoolChange>()},
          .deadline = 5s,
          .demand = 7,
          .detail = "cpu",
          .reason = "RAM is 300 MiB above its target"};
}
template <>
inline Declined sample() {
  return {kRam, {"tts"}, Rung::offload, "pinned"};
}
template <>
inline Plan sample() {
  return {.at = TimePoint(7s),
          .steps = {sample<Step>()},
          .declined = {sample<Declined>()},
          .settled = {3, 4},
          .refused = {{5, "too much"}}};
}
template <>
inline Outcome sample() {
  return {.step = 17,
          .status = StepStatus::timed_out,
          .claimed = {sample<PoolChange>()},
          .measured = {{kRam, -1_MiB}},
          .took = 5s,
          .pause = 20ms,
          .detail = "cpu",
          .error = "no answer"};
}
template <>
inline LevelRule sample() {
  return {0.7, 0.65, 3s, 512_MiB};
}
template <>
inline PoolPolicy sample() {
  PoolPolicy x;
  x.levels = {LevelRule{},
              {0.7, 0.6, 2s, 4_B},
              {0.71, 0.61, 3s, 3_B},
              {0.72, 0.62, 4s, 2_B},
              {0.73, 0.63, 5s, 1_B}};
  x.margin = 0.02;
  x.restore_below = 0.5;
  x.warn_when_full_within = 10s;
  x.stall = {0.1, 0.3, 0.6, 4s};
  x.worst_rate = 1e9;
  x.stale_after = 7s;
  return x;
}
template <>
inline Policy sample() {
  Policy x;
  x.defaults = sample<PoolPolicy>();
  x.pools = {{"vram:*", sample<PoolPolicy>()}};
  x.ladder.highest = {Rung::trim, Rung::shrink, Rung::reclaim, Rung::stop, Rung::freeze};
  x.ladder.trims_at_warning = 2;
  x.ladder.trims_at_critical = 4;
  x.ladder.step_deadline = 6s;
  x.ladder.preserve_deadline = 3s;
  x.ladder.arrival_wait = 9s;
  x.ladder.settle = 21ms;
  x.ladder.idle_after = 31s;
  x.ladder.quarantine = 61s;
  x.ladder.allow_stop = true;
  x.ladder.allow_freeze = false;
  x.restore = {false, 4s, 600ms, 3s, 31s, 4, 11min, 16min};
  x.cadence = {11ms, 3s, 21ms, 2s};
  x.dry_run = true;
  return x;
}
template <>
inline Capability sample() {
  return {"freeze", true, "SIGSTOP"};
}
template <>
inline PoolStatus sample() {
  return {sample<PoolAssessment>(), 300_MiB, 1_MiB, "nvml", 20ms};
}
template <>
inline StallStatus sample() {
  return {StallResource::io, kRam, 0.25, 0.125};
}
template <>
inline Counters sample() {
  return {.looks = 1,
          .steps = 2,
          .steps_failed = 3,
          .restores = 4,
          .kills = 5,
          .given_back = 6_MiB,
          .restored = 7_MiB,
          .kernel_oom_kills = 8};
}
template <>
inline StatusReport sample() {
  return {"daemon",
          "1.2.3",
          {1'795'191'600'123'000'000},
          TimePoint(100s),
          90s,
          Level::critical,
          {sample<PoolStatus>()},
          {sample<StallStatus>()},
          sample<MemoryDetail>(),
          {sample<Tenant>()},
          {sample<ProcessReading>()},
          {sample<DeviceUse>()},
          {sample<Capability>()},
          {sample<Fault>()},
          {sample<Step>()},
          sample<Counters>(),
          true};
}

inline constexpr WallTime kSampleWall{1'795'191'600'123'000'000};

template <>
inline Frame sample() {
  return {12,
          sample<Snapshot>(),
          std::vector{sample<Tenant>()},
          {sample<Offer>()},
          {sample<Demand>()},
          sample<Assessment>(),
          sample<Plan>()};
}
template <>
inline StepStarted sample() {
  return {TimePoint(7s), kSampleWall, sample<Step>()};
}
template <>
inline StepEnded sample() {
  return {TimePoint(8s), kSampleWall, sample<Step>(), sample<Outcome>()};
}
template <>
inline LevelChanged sample() {
  return {TimePoint(8s), kSampleWall, Level::warning, sample<PoolAssessment>()};
}
template <>
inline TenantChanged sample() {
  return {TenantChanged::What::lost, TimePoint(8s), kSampleWall, sample<Tenant>(), "killed"};
}
template <>
inline PolicyChanged sample() {
  return {TimePoint(8s), kSampleWall, sample<Policy>()};
}
template <>
inline Note sample() {
  return {TimePoint(8s), kSampleWall, "sensor nvml is back"};
}

}  // namespace spillway
