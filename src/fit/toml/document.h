#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace spillway::fit {

struct TomlTable;

/// A value of a TOML file and where it stands; dates are nothing that is asked for, hence nothing.
struct TomlValue {
  std::variant<std::monostate, bool, std::int64_t, double, std::string, std::vector<TomlValue>,
               std::vector<TomlTable>>  // a [table] is a list of one, [[tables]] of several
      content;
  std::uint32_t line = 0, column = 0;
};

struct TomlTable {
  std::map<std::string, TomlValue, std::less<>> values;
  std::uint32_t line = 0, column = 0;
};

/// Parses TOML 1.0. Errors: invalid, with `file:line:column` as where.
Result<TomlTable> parse_toml(std::string_view text, const std::string& file);

/// "file:line:column", as compilers write it.
std::string toml_place(const std::string& file, std::uint32_t line, std::uint32_t column);

}  // namespace spillway::fit
