#pragma once

#include <functional>
#include <string>
#include <vector>

#include "config/config.h"

namespace spillway {

/// Where a value was said. An empty file means the built-in default.
struct Origin {
  std::string file;
  unsigned line = 0, column = 0;
};
/// "FILE:LINE:COLUMN", "default".
std::string to_string(const Origin& origin);

/// Something about a file that its author should know.
struct ConfigProblem {
  bool fatal = false;  // the files cannot be used; else a warning
  Origin at;
  std::string what;
  std::string hint;  // what would be right; may be empty
};
/// "FILE:LINE:COLUMN: what (hint)"
std::string to_string(const ConfigProblem& problem);

/// One effective value, for `spillway config show`.
struct ConfigValue {
  std::string key;    // "levels.warning.enter"
  std::string value;  // as TOML: "\"80%\"", "true"; empty when it is not set
  Origin origin;
};

/// One directory tree with spillway.toml and spillway.toml.d/*.toml.
struct ConfigTree {
  std::string directory;
  bool is_system = true;  // false: a person's own; may not set what only the administrator may
};

struct ConfigPlaces {
  std::vector<ConfigTree> trees;  // the lowest first
  std::string only;               // this file instead of all trees; it must exist
};

/// /usr/lib/spillway, /run/spillway, /etc/spillway and in user mode $XDG_CONFIG_HOME/spillway (or
/// ~/.config/spillway). `environment` as getenv(3).
ConfigPlaces config_places(bool user_mode,
                           const std::function<const char*(const char*)>& environment);

struct LoadedConfig {
  Config config;                        // the defaults where a problem is fatal
  std::vector<ConfigProblem> problems;  // fatal ones first
  std::vector<ConfigValue> values;      // every key, in the order of the default configuration
  std::vector<std::string> files;       // that were read, in the order in which they count

  bool usable() const { return problems.empty() || !problems.front().fatal; }
};

/// Reads all files. The main file is the spillway.toml of the highest tree that has one; then come
/// the drop-ins of all trees sorted by file name, of which a name in a higher tree masks the same
/// name in a lower one (UAPI.6, "Configuration Files Specification"). What comes later wins, key by
/// key; no file at all is fine. An unknown key is a warning, anything else that is wrong is fatal,
/// so that a bad reload changes nothing. Blocks on the disk; never throws.
LoadedConfig load_config(const ConfigPlaces& places);

/// The complete configuration with comments; reading it gives Config{}.
std::string config_default_text();

/// The effective values as TOML, each with its origin as a comment.
std::string config_show(const LoadedConfig& loaded);

/// Every key there is, as in the manual: "levels.warning.enter", "pools.PATTERN.margin".
std::vector<std::string> config_keys();

}  // namespace spillway
