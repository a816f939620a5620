#include "config/keys.h"

#include <array>
#include <utility>

namespace spillway {
namespace {

constexpr Duration kLongest = 24h * 365;

/// Adds keys below one table.
class Table {
 public:
  Table(std::vector<ConfigKey>& keys, KeyPath path) : keys_(keys), path_(std::move(path)) {}

  Table& add(std::string name, ConfigSlot slot, std::string_view help, bool system_only = false) {
    KeyPath path = path_;
    path.push_back(std::move(name));
    keys_.push_back({std::move(path), slot, help, system_only});
    return *this;
  }
  Table below(std::string_view name) const {
    KeyPath path = path_;
    path.emplace_back(name);
    return {keys_, std::move(path)};
  }

 private:
  std::vector<ConfigKey>& keys_;
  KeyPath path_;
};

void add_ladder(Table table, LadderPolicy& x) {
  table
      .add("trims_at_warning", NumberSlot{&x.trims_at_warning, 0, 100},
           "how often one tenant is trimmed at the warning level")
      .add("trims_at_critical", NumberSlot{&x.trims_at_critical, 0, 100},
           "how often one tenant is trimmed at the critical level")
      .add("step_deadline", TimeSlot{&x.step_deadline, 10ms, 1h}, "how long one measure may take")
      .add("preserve_deadline", TimeSlot{&x.preserve_deadline, 10ms, 10min},
           "how long all tenants together may take to hand over their state before a shutdown")
      .add("arrival_wait", TimeSlot{&x.arrival_wait, 0s, 10min},
           "how long memory that was claimed to be free may take to show before more is taken")
      .add("settle", TimeSlot{&x.settle, 0s, 10s}, "between the end of a measure and judging it")
      .add("idle_after", TimeSlot{&x.idle_after, 0s, kLongest},
           "a tenant without a request for this long may be unloaded")
      .add("quarantine", TimeSlot{&x.quarantine, 0s, 24h},
           "a tenant that hung or failed is left alone for this long")
      .add("allow_freeze", &x.allow_freeze, "whether programs may be frozen")
      .add("allow_stop", &x.allow_stop,
           "whether tenants that agreed to it may be stopped as the last rung", true);
  Table highest = table.below("highest");
  for (const Level level : kLevels) {
    highest.add(std::string(name(level)), &x.highest[index(level)],
                "the highest rung at this level");
  }
}

void add_restore(Table table, RestorePolicy& x) {
  table.add("enabled", &x.enabled, "whether anything is given back by itself")
      .add("calm", TimeSlot{&x.calm, 0s, 1h}, "pools must be relaxed for this long before")
      .add("between", TimeSlot{&x.between, 0s, 1h}, "between two restores")
      .add("min_away", TimeSlot{&x.min_away, 0s, 24h}, "nothing is given back sooner than this")
      .add("min_residency", TimeSlot{&x.min_residency, 0s, 24h},
           "what was given back is not taken again sooner than this, except in an emergency")
      .add("thrash_limit", NumberSlot{&x.thrash_limit, 1, 1000},
           "what had to be taken back this often within thrash_window ...")
      .add("thrash_window", TimeSlot{&x.thrash_window, 1s, 24h}, "... (this long) ...")
      .add("thrash_pause", TimeSlot{&x.thrash_pause, 0s, 24h}, "... stays as it is for this long");
}

void add_cadence(Table table, CadencePolicy& x) {
  table.add("shortest", TimeSlot{&x.shortest, 1ms, 1min}, "the shortest time between two looks")
      .add("longest", TimeSlot{&x.longest, 10ms, 1h}, "the longest time between two looks")
      .add("after_event", TimeSlot{&x.after_event, 1ms, 1min},
           "between two looks after the kernel reported pressure")
      .add("event_window", TimeSlot{&x.event_window, 0s, 10min}, "for this long");
}

void add_notify(Table table, NotifyConfig& x) {
  table
      .add("command", &x.command,
           "run at a change of level, without a shell; {pool}, {level}, {reason}, {used}, {total} "
           "and {excess} are replaced")
      .add("deadline", TimeSlot{&x.deadline, 10ms, 1h}, "then it is killed")
      .add("at_most_every", TimeSlot{&x.at_most_every, 0s, 24h},
           "per pool, unless the level became higher");
}

void add_journal(Table table, JournalConfig& x) {
  table.add("enabled", &x.enabled, "whether looks, decisions and their results are recorded")
      .add("directory", PathSlot{&x.directory},
           "empty: /var/lib/spillway/journal, in user mode $XDG_STATE_HOME/spillway/journal")
      .add("max_total", SizeSlot{&x.max_total, 1_MiB},
           "of all files together; old ones are thinned, then removed")
      .add("max_file", SizeSlot{&x.max_file, 64_KiB}, "a new file is begun at this size")
      .add("thin_after", TimeSlot{&x.thin_after, 1min, kLongest},
           "then one look a minute is kept, and every event")
      .add("quiet", TimeSlot{&x.quiet, 0s, 1h},
           "without pressure one look in this time is recorded")
      .add("pressed", TimeSlot{&x.pressed, 0s, 1h}, "from the warning level on");
}

void add_daemon(Table table, Config& config) {
  DaemonConfig& x = config.daemon;
  table.add("dry_run", &config.policy.dry_run, "decide as always, do nothing")
      .add("log_level", &x.log_level, "the least that is logged")
      .add("worker", &x.worker, "start spillway-worker, which reads GPU drivers")
      .add("cgroups", &x.cgroups,
           "control groups to watch as pools: \"/system.slice/ollama.service\"")
      .add("state_dir", PathSlot{&x.state_dir},
           "where preserved data of tenants is kept; empty: /var/lib/spillway, in user mode "
           "$XDG_STATE_HOME/spillway")
      .add("socket", PathSlot{&x.socket},
           "empty: /run/spillway/control.sock, in user mode below "
           "$XDG_RUNTIME_DIR")
      .add("socket_group", &x.socket_group, "its members may act on everybody's tenants", true);
}

void add_pool(Table table, PoolPolicy& x) {
  table.add("margin", ShareSlot{&x.margin, 0.2}, "how far below an exit threshold to aim")
      .add("restore_below", ShareSlot{&x.restore_below}, "giving back begins below this share")
      .add("warn_when_full_within", &x.warn_when_full_within,
           "warn early when it would be full this soon: \"10s\"")
      .add("worst_rate", RateSlot{&x.worst_rate},
           "how fast it may fill at worst, per second; the next look comes in time for that")
      .add("stale_after", TimeSlot{&x.stale_after, 100ms, 1h}, "an older reading is unknown");
  for (const Level level : kLevels) {
    if (level == Level::normal) continue;
    LevelRule& rule = x.levels[index(level)];
    table.below(name(level))
        .add("enter", ShareSlot{&rule.enter}, "the level begins at this share in use")
        .add("exit", ShareSlot{&rule.exit}, "and ends below this one")
        .add("min_hold", TimeSlot{&rule.min_hold, 0s, 1h}, "it lasts at least this long")
        .add("free_below", &rule.free_below, "also when less than this is free: \"512MiB\"");
  }
  table.below("stall")
      .add("some_warning", ShareSlot{&x.stall.some_warning},
           "warning when any task waited for memory this share of the time")
      .add("full_critical", ShareSlot{&x.stall.full_critical},
           "critical when nothing ran for this share of the time")
      .add("full_emergency", ShareSlot{&x.stall.full_emergency}, "emergency likewise")
      .add("window", TimeSlot{&x.stall.window, 500ms, 10s}, "over this time");
}

}  // namespace

std::vector<ConfigKey> pool_keys(PoolPolicy& policy, const KeyPath& table) {
  std::vector<ConfigKey> keys;
  add_pool({keys, table}, policy);
  return keys;
}

std::vector<ConfigKey> tenant_keys(TenantRule& rule, const KeyPath& table) {
  std::vector<ConfigKey> keys;
  Table(keys, table)
      .add("name", &rule.name, "which tenants, with * for anything: \"ollama*\"")
      .add("priority", &rule.priority, "higher keeps its memory longer")
      .add("pin", &rule.pin, "nothing is ever taken from it")
      .add("stop_allowed", &rule.stop_allowed,
           "it may be stopped as the last rung, where ladder.allow_stop is on");
  return keys;
}

std::vector<ConfigKey> fixed_keys(Config& config) {
  std::vector<ConfigKey> keys;
  add_pool({keys, {"levels"}}, config.policy.defaults);
  add_ladder({keys, {"ladder"}}, config.policy.ladder);
  add_restore({keys, {"restore"}}, config.policy.restore);
  add_cadence({keys, {"cadence"}}, config.policy.cadence);
  add_notify({keys, {"notify"}}, config.notify);
  add_journal({keys, {"journal"}}, config.journal);
  add_daemon({keys, {"daemon"}}, config);
  return keys;
}

std::string to_string(const KeyPath& path) {
  std::string text;
  for (const std::string& part : path) {
    const bool bare = !part.empty() && part.find_first_not_of(
                                           "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                           "0123456789_-") == std::string::npos;
    text += (text.empty() ? "" : ".") + (bare ? part : quoted(part));
  }
  return text;
}

std::string_view table_help(std::string_view table) {
  using Help = std::pair<std::string_view, std::string_view>;
  static constexpr std::array kHelp{
      Help{"levels",
           "When a pool is short, as shares of what is usable. A level may be written short,\n"
           "warning = \"80%\"; then its exit keeps its distance."},
      Help{"pools.swap",
           "What differs for some pools. [pools.\"vram:*\"] takes all keys of [levels];\n"
           "where several patterns match, the most specific one has the last word."},
      Help{"ladder", "What may be done, and for how long it is waited."},
      Help{"ladder.highest",
           "Up to which rung each level may go: notify, trim, unload_idle, shrink, reclaim, "
           "offload,\n"
           "spill, evict, freeze, preserve, refuse, stop."},
      Help{"restore", "The way back."},
      Help{"cadence", "How often the memory is looked at."},
      Help{"notify", "An administrator's hook."},
      Help{"journal", "The record that `spillway why` and `spillway replay` read."},
      Help{"daemon",
           "spillwayd itself. Changes of socket, socket_group and worker need a restart."},
  };
  for (const auto& [name, help] : kHelp) {
    if (name == table) return help;
  }
  return {};
}

}  // namespace spillway
