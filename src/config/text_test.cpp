#include "base/text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

#include "config/reader.h"

namespace spillway {
namespace {

LoadedConfig read(std::string_view text) {
  ConfigEntries entries;
  std::vector<ConfigProblem> problems;
  if (!text.empty()) entries.parse(text, {"spillway.toml", true}, problems);
  EXPECT_TRUE(problems.empty());
  return ConfigReader(entries).read();
}

/// Key and value of everything, without where it came from.
std::vector<std::pair<std::string, std::string>> values(const LoadedConfig& loaded) {
  std::vector<std::pair<std::string, std::string>> all;
  for (const ConfigValue& value : loaded.values) all.emplace_back(value.key, value.value);
  return all;
}

TEST(DefaultText, GivesExactlyTheDefaults) {
  const LoadedConfig loaded = read(config_default_text());
  EXPECT_TRUE(loaded.problems.empty()) << to_string(loaded.problems.front());
  EXPECT_EQ(values(loaded), values(read("")));
}

TEST(DefaultText, SaysEveryValueExplicitly) {
  for (const ConfigValue& value : read(config_default_text()).values) {
    if (value.value.empty()) continue;  // optional, shown as a comment
    EXPECT_EQ(value.origin.file, "spillway.toml") << value.key;
  }
}

TEST(DefaultText, IsThatOfTheModel) {
  // What the reader starts from is Config{}; the pools that differ are seeded as text.
  const Config config = read("").config;
  const PoolPolicies usual = usual_pools();
  ASSERT_EQ(config.policy.pools.size(), usual.size());
  for (std::size_t i = 0; i < usual.size(); ++i) {
    EXPECT_EQ(config.policy.pools[i].first, usual[i].first);
    PoolPolicy ours = config.policy.pools[i].second;
    PoolPolicy theirs = usual[i].second;
    const auto a = pool_keys(ours, {});
    const auto b = pool_keys(theirs, {});
    for (std::size_t k = 0; k < a.size(); ++k) {
      EXPECT_EQ(spelled(a[k].slot), spelled(b[k].slot)) << to_string(a[k].path);
    }
  }
}

TEST(DefaultText, FitsTheScreen) {
  std::istringstream in(config_default_text());
  for (std::string line; std::getline(in, line);) EXPECT_LE(line.size(), 120) << line;
}

TEST(ConfigShow, CanBeReadAgainWithTheSameResult) {
  const LoadedConfig loaded = read(R"(
    [levels]
    warning = 0.7
    [levels.critical]
    free_below = "512MiB"
    [pools."vram:*"]
    margin = 0.05
    [notify]
    command = ["/bin/echo", "a \"quoted\" word"]
    [injected]
    budget = "/run/budget"
    [[tenants]]
    name = "a"
    priority = 3
    [[tenants]]
    name = "b"
  )");
  ASSERT_TRUE(loaded.problems.empty());
  const LoadedConfig again = read(config_show(loaded));
  EXPECT_TRUE(again.problems.empty()) << to_string(again.problems.front());
  EXPECT_EQ(values(again), values(loaded));
}

/// The manual's text without its markup: "\-" is "-", "\&" is nothing.
std::string manual() {
  std::ifstream file(SPILLWAY_SOURCE_DIR "/docs/man/spillway.toml.5");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      plain += text[i];
    } else if (++i < text.size() && text[i] == '-') {
      plain += '-';
    }
  }
  return plain;
}

/// The manual explains a key that each level has once, as "levels.LEVEL.enter".
std::string as_in_the_manual(KeyPath path) {
  for (std::string& part : path) {
    if (parse_level(part)) part = "LEVEL";
  }
  return to_string(path);
}

/// What the manual says of a key; empty when it does not have it.
std::string entry_of(const std::string& text, const std::string& key) {
  const std::string head = "\n.It Ic " + key + "\n";
  const auto at = text.find(head);
  if (at == text.npos) return {};
  const auto begin = at + head.size();
  return text.substr(begin,
                     std::min(text.find("\n.It ", begin), text.find("\n.El", begin)) - begin);
}

TEST(Manual, HasEveryKeyWithItsDefault) {
  const std::string text = manual();
  ASSERT_FALSE(text.empty());
  Config config;
  for (const ConfigKey& key : fixed_keys(config)) {
    const std::string name = as_in_the_manual(key.path);
    const std::string entry = entry_of(text, name);
    EXPECT_FALSE(entry.empty()) << name;
    const bool of_a_level = name.find("LEVEL") != name.npos;
    const std::string value = spelled(key.slot);
    if (of_a_level || value.empty()) continue;  // a table of its own; unset by default
    EXPECT_NE(entry.find("Default " + value), std::string::npos) << name << ": " << value;
  }
}

TEST(Manual, HasTheKeysOfTenants) {
  const std::string text = manual();
  TenantRule rule;
  for (const ConfigKey& key : tenant_keys(rule, {"tenants"})) {
    EXPECT_FALSE(entry_of(text, to_string(key.path)).empty()) << to_string(key.path);
  }
}

TEST(Manual, HasTheDefaultsOfTheLevels) {
  const std::string text = manual();
  Config config;
  for (const Level level : kLevels) {
    if (level == Level::normal) continue;
    std::string row = ".It " + std::string(name(level)) + " Ta";
    LevelRule& rule = config.policy.defaults.levels[index(level)];
    row += " " + percent(rule.enter) + " Ta " + percent(rule.exit) + " Ta ";
    row += name(config.policy.ladder.highest[index(level)]);
    EXPECT_NE(text.find(row + "\n"), std::string::npos) << row;
  }
}

TEST(Manual, HasNoKeyThatTheParserDoesNotKnow) {
  const std::vector<std::string> keys = config_keys();
  std::istringstream in(manual());
  int count = 0;
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(".It Ic ")) continue;
    ++count;
    std::string key = line.substr(7);
    if (const auto at = key.find("LEVEL"); at != key.npos) key.replace(at, 5, "warning");
    EXPECT_NE(std::find(keys.begin(), keys.end(), key), keys.end()) << key;
  }
  EXPECT_GT(count, 50);
}

}  // namespace
}  // namespace spillway
