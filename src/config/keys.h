#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/slot.h"

namespace spillway {

/// The path of a key: "levels", "warning", "enter". A pattern of pools is one part.
using KeyPath = std::vector<std::string>;

/// "levels.warning.enter", "pools.\"vram:*\".margin".
std::string to_string(const KeyPath& path);

/// One key that the configuration knows, bound to its place in a Config. This table is the single
/// description of the format: reading, the default text, `config show` and the manual's test use it.
struct ConfigKey {
  KeyPath path;
  ConfigSlot slot;
  std::string_view help;
  bool system_only = false;  // may be set by the administrator's files only
};

/// All keys outside of the tables with free names.
std::vector<ConfigKey> fixed_keys(Config& config);
/// The keys of [levels] and of each [pools.PATTERN], below `table`.
std::vector<ConfigKey> pool_keys(PoolPolicy& policy, const KeyPath& table);
/// The keys of each [[tenants]], below `table`.
std::vector<ConfigKey> tenant_keys(TenantRule& rule, const KeyPath& table);

/// What a table is for, for the default text; empty when there is nothing to say.
std::string_view table_help(std::string_view table);

}  // namespace spillway
