#include "config/reader.h"

#include <algorithm>
#include <array>

#include "base/nearest.h"
#include "base/text.h"

namespace spillway {
namespace {

KeyPath joined(KeyPath table, const std::string& key) {
  table.push_back(key);
  return table;
}

/// Exact names before patterns, long patterns before short ones: the order in which Policy::of()
/// looks for a match.
bool more_specific(const std::string& a, const std::string& b) {
  const bool a_star = a.find('*') != std::string::npos;
  const bool b_star = b.find('*') != std::string::npos;
  if (a_star != b_star) return b_star;
  return a.size() != b.size() ? a.size() > b.size() : a < b;
}

constexpr std::array kRising{Level::warning, Level::critical, Level::emergency, Level::shutdown};

}  // namespace

LoadedConfig ConfigReader::read() {
  Config& config = result_.config;
  config.policy.pools.clear();
  apply_pool(config.policy.defaults, {"levels"});
  apply(fixed_keys(config));
  check_pool(config.policy.defaults, {"levels"});
  read_pools();
  read_tenants();
  read_injected();
  check_cadence();
  report_unknown();
  list_values();
  std::stable_partition(result_.problems.begin(), result_.problems.end(),
                        [](const ConfigProblem& problem) { return problem.fatal; });
  return std::move(result_);
}

void ConfigReader::apply(const std::vector<ConfigKey>& keys) {
  for (const ConfigKey& key : keys) {
    known_.insert(key.path);
    const ConfigEntry* entry = entries_.find(key.path);
    if (entry == nullptr || !used_.insert(key.path).second) continue;
    if (key.system_only && !entry->is_system) {
      complain(key.path, "may be set by the administrator only", "in /etc/spillway/spillway.toml");
      continue;
    }
    if (const Status ok = assign(key.slot, entry->value); !ok) {
      complain(key.path, ok.error().what, ok.error().hint);
    }
  }
}

void ConfigReader::apply_pool(PoolPolicy& policy, const KeyPath& table) {
  const PoolPolicy before = policy;
  for (const ConfigKey& key : pool_keys(policy, table)) {
    known_.insert(key.path);
    const ConfigEntry* entry = entries_.find(key.path);
    if (entry == nullptr) continue;
    const bool is_first = used_.insert(key.path).second;
    const Status ok = assign(key.slot, entry->value);
    if (!ok && is_first) complain(key.path, ok.error().what, ok.error().hint);
  }
  for (const Level level : kRising) {
    const std::string word(name(level));
    if (!said(table, word, "enter") || said(table, word, "exit")) continue;
    const LevelRule& old = before.at(level);
    LevelRule& rule = policy.levels[index(level)];
    rule.exit = std::max(0.0, rule.enter - (old.enter - old.exit));
  }
  if (said(table, "restore_below")) return;
  const double warning_ends = policy.at(Level::warning).exit - policy.margin;
  policy.restore_below = std::max(0.0, std::min(policy.restore_below, warning_ends));
}

void ConfigReader::read_pools() {
  std::vector<std::string> patterns = entries_.below("pools");
  std::sort(patterns.begin(), patterns.end(), more_specific);
  for (const std::string& pattern : patterns) {
    PoolPolicy policy = result_.config.policy.defaults;
    for (auto other = patterns.rbegin(); other != patterns.rend(); ++other) {
      if (matches(*other, pattern)) apply_pool(policy, {"pools", *other});
    }
    check_pool(policy, {"pools", pattern});
    result_.config.policy.pools.emplace_back(pattern, policy);
  }
}

void ConfigReader::read_tenants() {
  for (const std::string& number : entries_.below("tenants")) {
    TenantRule rule;
    const KeyPath table{"tenants", number};
    apply(tenant_keys(rule, table));
    if (rule.name.empty()) complain(table, "no name", "such as name = \"ollama*\"");
    result_.config.tenants.push_back(std::move(rule));
  }
}

void ConfigReader::read_injected() {
  for (const std::string& pool : entries_.below("injected")) {
    std::string path;
    apply({{{"injected", pool}, PathSlot{&path}, {}}});
    if (path.empty()) {
      complain({"injected", pool}, "no file", "the absolute path of \"USED CAPACITY\" in bytes");
    }
    result_.config.injected.emplace_back(pool, std::move(path));
  }
}

void ConfigReader::check_pool(const PoolPolicy& policy, const KeyPath& table) {
  const auto in_table = [&](Level level) { return joined(table, std::string(name(level))); };
  double below = 0;
  Level below_level = Level::normal;
  for (const Level level : kRising) {
    const LevelRule& rule = policy.at(level);
    if (rule.enter <= below) {
      const KeyPath where =
          said(table, std::string(name(level))) ? in_table(level) : in_table(below_level);
      complain(where,
               std::string(name(level)) + " begins at " + percent(rule.enter) + ", " +
                   std::string(name(below_level)) + " at " + percent(below),
               "each level must begin above the one before it");
      return;
    }
    if (rule.exit >= rule.enter || rule.exit <= policy.margin) {
      complain(in_table(level),
               "begins at " + percent(rule.enter) + " and ends below " + percent(rule.exit),
               "the exit must lie between the margin and the beginning");
      return;
    }
    below = rule.enter;
    below_level = level;
  }
  if (policy.restore_below > policy.at(Level::warning).exit) {
    complain(joined(table, "restore_below"),
             percent(policy.restore_below) + " is above the end of the warning level, " +
                 percent(policy.at(Level::warning).exit),
             "what is given back would be taken again at once");
  }
}

void ConfigReader::check_cadence() {
  const CadencePolicy& cadence = result_.config.policy.cadence;
  if (cadence.shortest > cadence.longest) {
    complain({"cadence", "shortest"}, "is longer than cadence.longest",
             "at most " + to_string(cadence.longest));
  }
  const JournalConfig& journal = result_.config.journal;
  if (journal.max_file + journal.max_file > journal.max_total) {
    complain({"journal", "max_file"}, "is more than half of journal.max_total",
             "at most " + to_string(Bytes{journal.max_total.count / 2}));
  }
}

void ConfigReader::report_unknown() {
  std::vector<std::string> names = config_keys();
  for (const auto& [path, entry] : entries_.all()) {
    if (used_.contains(path)) continue;
    const auto under = known_.lower_bound(path);
    const bool is_table = under != known_.end() && under->size() > path.size() &&
                          std::equal(path.begin(), path.end(), under->begin());
    if (is_table && entry.is_empty) continue;
    KeyPath generic = path;
    if (path.size() > 1 && path[0] == "pools") generic[1] = "PATTERN";
    if (path.size() > 1 && path[0] == "tenants") generic.erase(generic.begin() + 1);
    const std::string nearest = nearest_name(to_string(generic), names);
    result_.problems.push_back(
        {is_table, entry.origin,
         is_table ? to_string(path) + " is a table" : "unknown key " + to_string(generic),
         is_table          ? "write [" + to_string(path) + "] and its keys below"
         : nearest.empty() ? ""
                           : "did you mean " + nearest + "?"});
  }
}

void ConfigReader::list_values() {
  Config& config = result_.config;
  list(fixed_keys(config), false);
  for (auto& [pattern, policy] : config.policy.pools) {
    list(pool_keys(policy, {"pools", pattern}), true);
  }
  for (auto& [pool, path] : config.injected) {
    list({{{"injected", pool}, PathSlot{&path}, {}}}, true);
  }
  const std::vector<std::string> numbers = entries_.below("tenants");
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    list(tenant_keys(config.tenants[i], {"tenants", numbers[i]}), true);
  }
}

void ConfigReader::list(const std::vector<ConfigKey>& keys, bool only_said) {
  for (const ConfigKey& key : keys) {
    const ConfigEntry* entry = entries_.find(key.path);
    if (entry == nullptr && only_said) continue;
    result_.values.push_back(
        {to_string(key.path), spelled(key.slot), entry ? entry->origin : Origin{}});
  }
}

bool ConfigReader::said(const KeyPath& table, const std::string& below,
                        const std::string& key) const {
  KeyPath path = joined(table, below);
  if (!key.empty()) return entries_.find(joined(path, key)) != nullptr;
  const auto found = entries_.all().lower_bound(path);
  return found != entries_.all().end() && found->first.size() >= path.size() &&
         std::equal(path.begin(), path.end(), found->first.begin());
}

void ConfigReader::complain(const KeyPath& where, std::string what, std::string hint) {
  // The key itself, or the first thing said below it: a rule of several keys has no line of its own.
  const auto found = entries_.all().lower_bound(where);
  Origin at;
  if (found != entries_.all().end() && found->first.size() >= where.size() &&
      std::equal(where.begin(), where.end(), found->first.begin())) {
    at = found->second.origin;
  }
  KeyPath shown = where;
  if (shown[0] == "tenants" && shown.size() > 1) shown.erase(shown.begin() + 1);
  result_.problems.push_back(
      {true, at, to_string(shown) + ": " + std::move(what), std::move(hint)});
}

}  // namespace spillway
