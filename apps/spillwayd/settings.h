#pragma once

#include <optional>
#include <string>
#include <vector>

#include "act/notify.h"
#include "base/result.h"
#include "config/config.h"
#include "options.h"
#include "record/journal.h"
#include "sense/builtin.h"

namespace spillway {

/// What the command line and the configuration files together say the daemon is to do.
struct Settings {
  Policy policy;
  SensorOptions sensors;
  NotifyOptions notify;
  std::vector<TenantRule> tenants;
  std::optional<JournalOptions> journal;  // none: switched off, or no place for it
  std::string preserve_directory;
  std::string frozen_directory;
  std::string socket;  // empty: by mode
  std::string socket_group;
  Severity log_level = Severity::info;
  bool worker = true;
  std::vector<std::string> warnings;  // with file, line and column
  std::string text;                   // the effective values as TOML, with their origins
};

/// Reads the files anew; blocks on the disk. Errc::invalid with every fatal problem.
Result<Settings> load_settings(const DaemonOptions& options);

/// The keys whose change a running daemon cannot take up.
std::vector<std::string> needs_restart(const Settings& before, const Settings& now);

/// What the administrator's rules say of this tenant replaces what its program said.
void apply_rules(const std::vector<TenantRule>& rules, Tenant& tenant);

}  // namespace spillway
