#include "settings.h"

#include <cstdlib>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "config/load.h"

namespace spillway {
namespace {

std::string state_directory(const DaemonOptions& options, const std::string& configured) {
  if (!configured.empty()) return configured;
  if (!options.user_mode) return "/var/lib/spillway";
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && state[0] == '/') return std::string(state) + "/spillway";
  const char* home = std::getenv("HOME");
  return home != nullptr && home[0] == '/' ? std::string(home) + "/.local/state/spillway" : "";
}

std::optional<JournalOptions> journal_options(const DaemonOptions& options,
                                              const JournalConfig& config,
                                              const std::string& state) {
  JournalOptions journal;
  if (!options.record.empty()) {
    journal.file = options.record;
    journal.frames.every = true;
    return journal;
  }
  journal.directory = !options.journal.empty()    ? options.journal
                      : !config.directory.empty() ? config.directory
                      : !state.empty()            ? state + "/journal"
                                                  : "";
  const bool wanted = config.enabled || !options.journal.empty();
  if (!wanted || journal.directory.empty()) return std::nullopt;
  journal.frames.quiet = config.quiet;
  journal.frames.pressed = config.pressed;
  journal.max_file = config.max_file;
  journal.limits = {config.max_total, config.thin_after};
  return journal;
}

}  // namespace

Result<Settings> load_settings(const DaemonOptions& options) {
  ConfigPlaces places = config_places(
      options.user_mode, [](const char* key) -> const char* { return std::getenv(key); });
  places.only = options.config;
  LoadedConfig loaded = load_config(places);
  if (!loaded.usable()) {
    std::string all;
    for (const ConfigProblem& problem : loaded.problems) {
      if (problem.fatal) all += (all.empty() ? "" : "; ") + to_string(problem);
    }
    return fail(Errc::invalid, all, {}, "spillway config check says the same");
  }
  Settings settings;
  for (const ConfigProblem& problem : loaded.problems) {
    settings.warnings.push_back(to_string(problem));
  }
  settings.text = config_show(loaded);
  Config& config = loaded.config;
  settings.policy = std::move(config.policy);
  settings.policy.dry_run |= options.dry_run;
  settings.sensors.cgroups = std::move(config.daemon.cgroups);
  settings.sensors.injected = std::move(config.injected);
  settings.notify = {std::move(config.notify.command), config.notify.deadline,
                     config.notify.at_most_every};
  settings.tenants = std::move(config.tenants);
  const std::string state = state_directory(options, config.daemon.state_dir);
  settings.journal = journal_options(options, config.journal, state);
  settings.preserve_directory = state + "/preserved";
  settings.frozen_directory = state + "/frozen";
  settings.socket = std::move(config.daemon.socket);
  settings.socket_group = std::move(config.daemon.socket_group);
  settings.log_level = config.daemon.log_level;
  settings.worker = config.daemon.worker;
  return settings;
}

std::vector<std::string> needs_restart(const Settings& before, const Settings& now) {
  const auto of_journal = [](const Settings& settings) {
    const JournalOptions journal = settings.journal.value_or(JournalOptions{});
    return std::tuple(settings.journal.has_value(), journal.directory, journal.max_file,
                      journal.limits.max_total, journal.limits.thin_after, journal.frames.quiet,
                      journal.frames.pressed);
  };
  const auto of_notify = [](const NotifyOptions& notify) {
    return std::tie(notify.command, notify.deadline, notify.at_most_every);
  };
  const std::pair<const char*, bool> changed[] = {
      {"[injected]", before.sensors.injected != now.sensors.injected},
      {"[notify]", of_notify(before.notify) != of_notify(now.notify)},
      {"[journal]", of_journal(before) != of_journal(now)},
      {"daemon.state_dir", before.preserve_directory != now.preserve_directory},
      {"daemon.socket", before.socket != now.socket},
      {"daemon.socket_group", before.socket_group != now.socket_group},
      {"daemon.worker", before.worker != now.worker},
  };
  std::vector<std::string> keys;
  for (const auto& [key, has_changed] : changed) {
    if (has_changed) keys.emplace_back(key);
  }
  return keys;
}

void apply_rules(const std::vector<TenantRule>& rules, Tenant& tenant) {
  for (const TenantRule& rule : rules) {
    if (!matches(rule.name, tenant.id.text)) continue;
    if (rule.priority) tenant.priority = *rule.priority;
    if (rule.pin) tenant.pinned = *rule.pin;
    if (rule.stop_allowed) tenant.stop_allowed = *rule.stop_allowed;
  }
}

}  // namespace spillway
