#pragma once

#include <set>
#include <string>
#include <vector>

#include "config/entries.h"

namespace spillway {

/// Makes a Config of entries and notes what is wrong with them. Used once.
class ConfigReader {
 public:
  explicit ConfigReader(const ConfigEntries& entries) : entries_(entries) {}

  /// files and usability are the caller's.
  LoadedConfig read();

 private:
  void apply(const std::vector<ConfigKey>& keys);
  void apply_pool(PoolPolicy& policy, const KeyPath& table);
  void read_pools();
  void read_tenants();
  void read_injected();
  void check_pool(const PoolPolicy& policy, const KeyPath& table);
  void check_cadence();
  void report_unknown();
  void list_values();
  void list(const std::vector<ConfigKey>& keys, bool only_said);

  bool said(const KeyPath& table, const std::string& below, const std::string& key = {}) const;
  void complain(const KeyPath& where, std::string what, std::string hint);

  const ConfigEntries& entries_;
  LoadedConfig result_;
  std::set<KeyPath> used_;
  /// Every key that could have been said. The tables with free names are known without any.
  std::set<KeyPath> known_{{"injected", ""}, {"pools", ""}, {"tenants", ""}};
};

}  // namespace spillway
