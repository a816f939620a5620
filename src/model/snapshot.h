#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "model/reading.h"

namespace spillway {

/// All readings of one moment, sorted by kind. Raw: nothing in it is computed from another sample.
struct Snapshot {
  TimePoint at;
  WallTime wall;
  std::vector<PoolReading> pools;  // ascending by pool, each pool once
  std::vector<StallReading> stalls;
  VmCounters vm;
  MemoryDetail memory;
  std::vector<ProcessReading> processes;
  std::vector<DeviceUse> device_uses;
  std::vector<KernelEvent> events;
  std::vector<Fault> faults;

  const PoolReading* find(const PoolId& pool) const;
  bool faulty(std::string_view sensor) const;
};

/// Files each reading where it belongs. Of two readings of one pool the first in `readings` stands.
Snapshot make_snapshot(TimePoint at, WallTime wall, std::vector<Reading> readings,
                       std::vector<Fault> faults);

}  // namespace spillway
