#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/pool.h"
#include "model/reading.h"

namespace spillway::doctor {

/// How the RAM of one process (its own, with what is in swap) grew, by least squares.
struct Growth {
  ProcessKey process;
  std::string name;
  Duration span{};  // from the first look to the last
  std::size_t looks = 0;
  double per_hour = 0;  // bytes
  double error = 0;     // half of the 95 % interval, bytes per hour
  Bytes from, to;       // on the line, at its ends
};

/// The least and the most that was seen.
struct Extent {
  Bytes least, most;
};

/// What the guard's journal tells of the last day.
struct History {
  Duration span{};  // that it covers; zero without a journal
  std::map<PoolId, Extent> pools;
  std::map<std::string, Extent> processes;  // by name, the RAM of all of them together
  std::map<std::string, int> offloads;      // by tenant, in the last 24 h of it
  std::vector<Growth> growth;               // of processes seen for at least two hours
  std::vector<std::string> short_lived;     // big ones with less than that: not judged
};

}  // namespace spillway::doctor
