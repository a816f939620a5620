#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "console.h"
#include "doctor/tune/recommend.h"

namespace spillway {

// One function per part of `spillway tune`. Main thread. Nothing here is ever called by the daemon.

struct TuneOptions {
  std::string root = "/";
  doctor::TuneTarget target;
  std::vector<std::string> units, only, skip;
  std::string app;                           // recommend: a service's own configuration
  std::optional<Bytes> used_ram, used_vram;  // recommend --app: of the service, where it runs
  bool dry_run = false, json = false, all = false;
  Duration confirm_within = 60s;
  std::optional<Duration> measure_for;  // verify: now, instead of the guard's journal
  std::optional<Bytes> margin;          // drain-swap: of what is available
  Duration within = 10min;              // drain-swap: per device
  std::string journal;
  std::vector<std::string> command;  // verify: a check of the user's own
};

ExitCode tune_recommend(const Global& global, const TuneOptions& options);
ExitCode tune_apply(const Global& global, const TuneOptions& options);
ExitCode tune_confirm(const Global& global, const TuneOptions& options);
ExitCode tune_rollback(const Global& global, const TuneOptions& options);
ExitCode tune_status(const Global& global, const TuneOptions& options);
ExitCode tune_verify(const Global& global, const TuneOptions& options);
ExitCode tune_drain_swap(const Global& global, const TuneOptions& options);
ExitCode tune_drop_caches(const Global& global, const TuneOptions& options);

}  // namespace spillway
