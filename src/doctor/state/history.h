#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "model/pool.h"

namespace spillway::doctor {

/// How what one process holds in one memory grew, by least squares.
struct Growth {
  pid_t pid = 0;
  std::string name;
  PoolId pool;
  Duration span{};  // from the first look to the last
  std::size_t looks = 0;
  double per_hour = 0;  // bytes
  double error = 0;     // half of the 95 % interval, bytes per hour
  /// It grew in every quarter of the time: loading a model is a step, not growth.
  bool steady = false;
  Bytes from, to;  // on the line, at its ends
};

/// The least and the most that was seen.
struct Extent {
  Bytes least, most;
};

/// What the guard's journal tells of the last day.
struct History {
  Duration span{};  // that it covers; zero without a journal
  std::map<PoolId, Extent> pools;
  std::map<pid_t, Extent> processes;    // RAM, what is in swap included
  std::map<std::string, int> offloads;  // by tenant
  std::vector<Growth> growth;           // of what was seen for two hours, the steepest first
};

}  // namespace spillway::doctor
