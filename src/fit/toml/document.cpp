#include "fit/toml/document.h"

// As in config/entries.cpp: the parser (toml++ 3.3) asserts that a key begins like one, and two lines
// later reports the one that does not; errors are values.
#undef NDEBUG
#define TOML_ASSERT(expr) static_assert(true)
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#define TOML_ENABLE_UNRELEASED_FEATURES 0
#include <toml++/toml.h>

namespace spillway::fit {
namespace {

TomlTable table_of(const toml::table& table);

TomlValue value_of(const toml::node& node) {
  TomlValue value;
  value.line = node.source().begin.line;
  value.column = node.source().begin.column;
  if (const auto* flag = node.as_boolean()) value.content = flag->get();
  if (const auto* whole = node.as_integer()) value.content = whole->get();
  if (const auto* real = node.as_floating_point()) value.content = real->get();
  if (const auto* text = node.as_string()) value.content = text->get();
  if (const auto* table = node.as_table()) value.content = std::vector{table_of(*table)};
  const auto* array = node.as_array();
  if (array == nullptr) return value;
  if (node.is_array_of_tables()) {
    std::vector<TomlTable> tables;
    for (const toml::node& item : *array) tables.push_back(table_of(*item.as_table()));
    value.content = std::move(tables);
  } else {
    std::vector<TomlValue> values;
    for (const toml::node& item : *array) values.push_back(value_of(item));
    value.content = std::move(values);
  }
  return value;
}

TomlTable table_of(const toml::table& table) {
  TomlTable made;
  made.line = table.source().begin.line;
  made.column = table.source().begin.column;
  for (const auto& [key, node] : table) {
    made.values.emplace(std::string(key.str()), value_of(node));
  }
  return made;
}

}  // namespace

Result<TomlTable> parse_toml(std::string_view text, const std::string& file) {
  const toml::parse_result parsed = toml::parse(text);
  if (parsed.succeeded()) return table_of(parsed.table());
  const toml::source_position at = parsed.error().source().begin;
  return fail(Errc::invalid, std::string(parsed.error().description()),
              toml_place(file, at.line, at.column));
}

std::string toml_place(const std::string& file, std::uint32_t line, std::uint32_t column) {
  return file + ":" + std::to_string(line) + ":" + std::to_string(column);
}

}  // namespace spillway::fit
