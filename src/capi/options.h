#pragma once

#include <string>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "base/time.h"
#include "model/policy.h"
#include "spillway/spillway.h"

namespace spillway {

/// spillway_options, read and checked.
struct ManagerOptions {
  struct Injected {
    std::string name, path;
  };

  std::string program;
  bool join = true;    // the daemon, where it answers
  std::string socket;  // "" looks in the usual places
  Policy policy;
  bool only_given_pools = false;
  std::vector<Injected> injected;
  std::vector<std::string> cgroups;
  Duration error_window = 10min;
  int error_limit = 3;
  std::string state_dir;  // "": there is no place for it
  bool builtin_trims = true;
  std::string worker;  // path of spillway-worker; "": none is to be started
  spillway_log_fn log = nullptr;
  void* log_user = nullptr;
  void (*log_user_free)(void*) = nullptr;
  Severity log_threshold = Severity::debug;
};

/// Null are all defaults. Errc::invalid names the member that makes no sense.
Result<ManagerOptions> read_options(const spillway_options* options);

}  // namespace spillway
