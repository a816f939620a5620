#include "config/entries.h"

#include <fmt/format.h>

// The parser (toml++ 3.3) asserts that a key begins like one, and two lines later reports the one that
// does not: a slip in a file must neither abort the daemon nor, by way of __builtin_assume, be assumed
// away.
#undef NDEBUG
#define TOML_ASSERT(expr) static_assert(true)
// It reports errors as values; nothing throws.
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#define TOML_ENABLE_UNRELEASED_FEATURES 0
#include <toml++/toml.h>

#include "port/text_file.h"

namespace spillway {
namespace {

ConfigScalar scalar(const toml::node& node) {
  if (const auto* flag = node.as_boolean()) return flag->get();
  if (const auto* whole = node.as_integer()) return whole->get();
  if (const auto* real = node.as_floating_point()) return real->get();
  if (const auto* text = node.as_string()) return text->get();
  const auto* array = node.as_array();
  if (array == nullptr) return {};
  std::vector<std::string> list;
  for (const toml::node& item : *array) {
    const auto* text = item.as_string();
    if (text == nullptr) return {};
    list.push_back(text->get());
  }
  return list;
}

bool is_level(std::string_view part) {
  const auto level = parse_level(part);
  return level && *level != Level::normal;
}

}  // namespace

/// Walks the tables of one file.
class Flattener {
 public:
  Flattener(ConfigEntries& into, const ConfigFile& file) : into_(into), file_(file) {}

  void walk(const toml::table& table, const KeyPath& path) {
    if (table.empty() && !path.empty()) put(path, table);
    for (const auto& [key, node] : table) {
      KeyPath below = path;
      below.emplace_back(key.str());
      if (const auto* inner = node.as_table()) {
        walk(*inner, below);
      } else if (below == KeyPath{"tenants"} && node.is_array_of_tables()) {
        for (const toml::node& item : *node.as_array()) {
          walk(*item.as_table(), {"tenants", fmt::format("{:05}", into_.tenants_++)});
        }
      } else {
        put(below, node);
      }
    }
  }

 private:
  void put(const KeyPath& path, const toml::node& node) {
    const toml::source_position at = node.source().begin;
    const auto* table = node.as_table();
    const auto* array = node.as_array();
    const bool is_empty = (table && table->empty()) || (array && array->empty());
    into_.put(path, {scalar(node), {file_.path, at.line, at.column}, file_.is_system, is_empty});
  }

  ConfigEntries& into_;
  const ConfigFile& file_;
};

ConfigEntries::ConfigEntries() {
  for (const char* pool : {"swap", "zram"})
    put({"pools", pool, "worst_rate"}, {std::string("800MB"), {}, true});
}

void ConfigEntries::read(const ConfigFile& file, std::vector<ConfigProblem>& problems) {
  const auto text = read_text_file(file.path);
  if (text && text->empty()) return;
  if (text) return parse(*text, file, problems);
  problems.push_back({true, {file.path, 0, 0}, text.error().what, text.error().hint});
}

void ConfigEntries::parse(std::string_view text, const ConfigFile& file,
                          std::vector<ConfigProblem>& problems) {
  const toml::parse_result parsed = toml::parse(text);
  if (parsed.succeeded()) return Flattener(*this, file).walk(parsed.table(), {});
  const toml::source_position at = parsed.error().source().begin;
  problems.push_back(
      {true, {file.path, at.line, at.column}, std::string(parsed.error().description()), {}});
}

void ConfigEntries::put(KeyPath path, ConfigEntry entry) {
  // warning = "80%" is short for warning.enter; an exit said before belongs to another enter.
  const bool in_levels = path.size() == 2 && path[0] == "levels";
  const bool in_pools = path.size() == 3 && path[0] == "pools";
  if ((in_levels || in_pools) && is_level(path.back()) &&
      !std::holds_alternative<std::monostate>(entry.value)) {
    path.emplace_back("exit");
    entries_.erase(path);
    path.back() = "enter";
  }
  entries_.insert_or_assign(std::move(path), std::move(entry));
}

const ConfigEntry* ConfigEntries::find(const KeyPath& path) const {
  const auto found = entries_.find(path);
  return found == entries_.end() ? nullptr : &found->second;
}

std::vector<std::string> ConfigEntries::below(const std::string& table) const {
  std::vector<std::string> parts;
  for (const auto& [path, entry] : entries_) {
    if (path.size() < 2 || path[0] != table) continue;
    if (parts.empty() || parts.back() != path[1]) parts.push_back(path[1]);
  }
  return parts;
}

}  // namespace spillway
