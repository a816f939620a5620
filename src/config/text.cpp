#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "config/load.h"
#include "config/reader.h"

namespace spillway {
namespace {

constexpr std::string_view kHead =
    R"(# Spillway's configuration, see spillway.toml(5): the complete set of keys with their default values.
# /etc/spillway/spillway.toml replaces /usr/lib/spillway/spillway.toml as a whole; to change a few
# values put them into /etc/spillway/spillway.toml.d/*.toml, which are read after it.
)";

constexpr std::string_view kTail = R"(
# Pools that only an application knows, each from a file with "USED CAPACITY" in bytes.
[injected]
# budget = "/run/voice/budget"

# What the administrator says of tenants by name; all tables that match apply, in their order.
# [[tenants]]
# name = "ollama*"
# priority = 5
# pin = false
# stop_allowed = false
)";

/// Writes keys below the headers of their tables, with each explanation where it is first needed.
class DefaultText {
 public:
  void add(const std::vector<ConfigKey>& keys) {
    for (const ConfigKey& key : keys) {
      const KeyPath table(key.path.begin(), key.path.end() - 1);
      if (table != table_) head(table);
      if (explained_.insert(key.help).second) {
        out_ += fmt::format("# {}{}\n", key.help, key.system_only ? " (administrator only)" : "");
      }
      const std::string value = spelled(key.slot);
      out_ += value.empty() ? fmt::format("# {} = \"none\"\n", key.path.back())
                            : fmt::format("{} = {}\n", key.path.back(), value);
    }
  }
  std::string take() { return std::move(out_); }

 private:
  void head(const KeyPath& table) {
    table_ = table;
    out_ += '\n';
    std::string_view help = table_help(to_string(table));
    while (!help.empty()) {
      const auto end = help.find('\n');
      out_ += fmt::format("# {}\n", help.substr(0, end));
      help = end == help.npos ? std::string_view{} : help.substr(end + 1);
    }
    out_ += fmt::format("[{}]\n", to_string(table));
  }

  std::string out_;
  KeyPath table_;
  std::set<std::string_view> explained_;
};

}  // namespace

std::string config_default_text() {
  const ConfigEntries entries;
  Config config = ConfigReader(entries).read().config;

  DefaultText text;
  const std::vector<ConfigKey> all = fixed_keys(config);
  const auto after_levels = std::find_if(
      all.begin(), all.end(), [](const ConfigKey& key) { return key.path[0] != "levels"; });
  text.add({all.begin(), after_levels});
  for (auto& [pattern, policy] : config.policy.pools) {
    std::vector<ConfigKey> said = pool_keys(policy, {"pools", pattern});
    std::erase_if(said, [&](const ConfigKey& key) { return entries.find(key.path) == nullptr; });
    text.add(said);
  }
  text.add({after_levels, all.end()});
  return std::string(kHead) + text.take() + std::string(kTail);
}

std::string config_show(const LoadedConfig& loaded) {
  std::string out;
  std::string table;
  for (const ConfigValue& value : loaded.values) {
    std::string key = value.key;
    if (key.starts_with("tenants.")) {
      // Tables of an array have no dotted name: the number in the key stands for its header.
      const std::string number = key.substr(0, key.rfind('.'));
      if (std::exchange(table, number) != number) out += "[[tenants]]\n";
      key = key.substr(number.size() + 1);
    }
    out += value.value.empty()
               ? fmt::format("# {} is not set\n", key)
               : fmt::format("{} = {}  # {}\n", key, value.value, to_string(value.origin));
  }
  return out;
}

std::vector<std::string> config_keys() {
  std::vector<std::string> names;
  const auto add = [&](const std::vector<ConfigKey>& keys) {
    for (const ConfigKey& key : keys) names.push_back(to_string(key.path));
  };
  Config config;
  PoolPolicy policy;
  TenantRule rule;
  add(fixed_keys(config));
  add(pool_keys(policy, {"pools", "PATTERN"}));
  add(tenant_keys(rule, {"tenants"}));
  names.push_back("injected.NAME");
  return names;
}

}  // namespace spillway
