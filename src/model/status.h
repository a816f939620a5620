#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/assessment.h"
#include "model/plan.h"
#include "model/reading.h"
#include "model/tenant.h"

namespace spillway {

/// Whether a rung or a sensor works on this machine, as found by its self-test at start.
struct Capability {
  std::string name;  // "freeze", "reclaim", "psi-trigger"
  bool available = false;
  std::string reason;  // "no cgroup v2"; also says how, when available ("SIGSTOP")
};

struct PoolStatus {
  PoolAssessment assessment;
  std::optional<Bytes> reserved, cache;
  std::string source;
  Duration age{};
};

/// Share of the last window in which tasks stalled, 0..1.
struct StallStatus {
  StallResource resource = StallResource::memory;
  std::optional<PoolId> scope;
  double some = 0, full = 0;
};

/// Since the guard started.
struct Counters {
  std::uint64_t looks = 0, steps = 0, steps_failed = 0, restores = 0, kills = 0;
  Bytes given_back, restored;
  std::uint64_t kernel_oom_kills = 0;
};

/// Everything `spillway status` and `ps` show; the answer of the method "status".
struct StatusReport {
  std::string source;  // "daemon", "embedded", "direct": who sensed it
  std::string version;
  WallTime at;
  TimePoint now;  // the same moment on the monotonic line, which `since` and `last_used` are on
  Duration uptime{};
  Level level = Level::normal;
  std::vector<PoolStatus> pools;
  std::vector<StallStatus> stalls;
  MemoryDetail memory;
  std::vector<Tenant> tenants;
  std::vector<ProcessReading> owners;  // biggest first; empty unless asked for
  std::vector<DeviceUse> device_uses;
  std::vector<Capability> capabilities;
  std::vector<Fault> faults;
  std::vector<Step> running;
  Counters counters;
  bool dry_run = false;
};

}  // namespace spillway
