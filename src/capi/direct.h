#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/policy.h"
#include "model/status.h"

namespace spillway {

struct DirectOptions {
  Policy policy;
  std::vector<std::string> cgroups;                           // as in /proc/PID/cgroup
  std::vector<std::pair<std::string, std::string>> injected;  // pool name -> absolute path
  bool rates = true;  // false: one look at once, growth and stalls stay unknown
};

/// What `spillway status` and `watch` show where no daemon runs: this process senses and assesses by
/// itself, and does nothing about it. The report's source is "direct". One thread.
class Direct {
 public:
  /// `clock` outlives it.
  Direct(DirectOptions options, const Clock& clock);
  ~Direct();
  Direct(const Direct&) = delete;
  Direct& operator=(const Direct&) = delete;

  /// One look; where rates are wanted the first one is two, 100 ms apart. `owners` scans
  /// the processes as well.
  StatusReport look(bool owners);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace spillway
