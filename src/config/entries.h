#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "config/files.h"
#include "config/keys.h"

namespace spillway {

/// One value of one file.
struct ConfigEntry {
  ConfigScalar value;
  Origin origin;
  bool is_system = true;
  bool is_empty = false;  // a table or a list without anything in it
};

/// The values of all files by key; what was read later has replaced what was read before. Tables of
/// [[tenants]] are collected: {"tenants", "00000", "name"}, then "00001" and so on.
class ConfigEntries {
 public:
  /// With what holds before any file: where the defaults of some pools differ (usual_pools()).
  ConfigEntries();

  /// Reads one file on top of what is there. Not being able to read or parse it is fatal. A file
  /// that is empty, or a device such as /dev/null, says nothing.
  void read(const ConfigFile& file, std::vector<ConfigProblem>& problems);
  /// The same from text.
  void parse(std::string_view text, const ConfigFile& file, std::vector<ConfigProblem>& problems);

  const std::map<KeyPath, ConfigEntry>& all() const { return entries_; }
  const ConfigEntry* find(const KeyPath& path) const;
  /// The distinct parts that follow `table`: the patterns of pools, the numbers of tenants.
  std::vector<std::string> below(const std::string& table) const;

 private:
  friend class Flattener;
  void put(KeyPath path, ConfigEntry entry);

  std::map<KeyPath, ConfigEntry> entries_;
  std::size_t tenants_ = 0;
};

}  // namespace spillway
