#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/log.h"
#include "base/time.h"
#include "model/policy.h"

namespace spillway {

struct DaemonConfig {
  std::string socket;                     // empty: by mode, see spillwayd(8)
  std::string socket_group = "spillway";  // its members may touch everybody's tenants
  std::string state_dir;                  // preserved data of tenants; empty: by mode
  bool worker = true;                // start spillway-worker for whatever may hang (GPU drivers)
  std::vector<std::string> cgroups;  // to be watched as pools, as in /proc/PID/cgroup
  Severity log_level = Severity::info;
};

struct JournalConfig {
  bool enabled = true;
  std::string directory;         // empty: by mode
  Bytes max_total = {64 << 20};  // of all files together
  Bytes max_file = {4 << 20};
  Duration thin_after = 24h;  // then one frame a minute is kept
  Duration quiet = 10s;       // without pressure one frame in this time
  Duration pressed = 1s;      // from warning on
};

struct NotifyConfig {
  std::vector<std::string> command;  // program and arguments; empty: none
  Duration deadline = 5s;
  Duration at_most_every = 10s;  // per pool, unless it got worse
};

/// What the administrator says of tenants by name; what is absent stays as the program said.
struct TenantRule {
  std::string name;  // pattern as base/text matches()
  std::optional<int> priority;
  std::optional<bool> pin;
  std::optional<bool> stop_allowed;
};

/// All that configuration files can say. A Config{} is what holds without any file.
struct Config {
  Policy policy;
  DaemonConfig daemon;
  JournalConfig journal;
  NotifyConfig notify;
  std::vector<std::pair<std::string, std::string>> injected;  // pool name -> absolute path
  std::vector<TenantRule> tenants;                            // all that match apply, in this order
};

}  // namespace spillway
