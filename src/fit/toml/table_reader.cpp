#include "fit/toml/table_reader.h"

#include <algorithm>

#include "base/nearest.h"

namespace spillway::fit {
namespace {

std::optional<double> number_of(const TomlValue& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value.content)) {
    return static_cast<double>(*whole);
  }
  if (const auto* real = std::get_if<double>(&value.content)) return *real;
  return std::nullopt;
}

Result<Bytes> bytes_of(const TomlValue& value) {
  if (const auto* count = std::get_if<std::int64_t>(&value.content)) {
    if (*count >= 0) return Bytes{*count};
  }
  const auto* text = std::get_if<std::string>(&value.content);
  if (text == nullptr) return fail(Errc::invalid, "is no amount", {}, "such as \"1.5 GiB\"");
  return parse_bytes(*text);
}

}  // namespace

const TomlValue* TableReader::look(std::string_view key) {
  asked_.emplace(key);
  const auto found = table_.values.find(key);
  return found == table_.values.end() ? nullptr : &found->second;
}

template <class T>
std::optional<T> TableReader::as(std::string_view key, const char* kind) {
  const TomlValue* value = look(key);
  if (value == nullptr) return std::nullopt;
  if (const T* content = std::get_if<T>(&value->content)) return *content;
  complain(key, std::string("is no ") + kind);
  return std::nullopt;
}

std::optional<std::string> TableReader::text(std::string_view key) {
  return as<std::string>(key, "text");
}
std::optional<bool> TableReader::flag(std::string_view key) {
  return as<bool>(key, "true or false");
}
std::optional<std::int64_t> TableReader::whole(std::string_view key) {
  return as<std::int64_t>(key, "whole number");
}

std::optional<double> TableReader::number(std::string_view key) {
  const TomlValue* value = look(key);
  if (value == nullptr) return std::nullopt;
  const auto number = number_of(*value);
  if (!number) complain(key, "is no number");
  return number;
}

std::optional<Bytes> TableReader::bytes(std::string_view key) {
  const TomlValue* value = look(key);
  if (value == nullptr) return std::nullopt;
  const auto bytes = bytes_of(*value);
  if (bytes) return *bytes;
  complain(key, bytes.error().what, bytes.error().hint);
  return std::nullopt;
}

std::vector<std::string> TableReader::texts(std::string_view key) {
  const auto values = as<std::vector<TomlValue>>(key, "list of texts");
  std::vector<std::string> texts;
  if (!values) return texts;
  for (const TomlValue& value : *values) {
    const auto* text = std::get_if<std::string>(&value.content);
    if (text == nullptr) {
      complain(key, "is no list of texts");
      return {};
    }
    texts.push_back(*text);
  }
  return texts;
}

std::vector<double> TableReader::numbers(std::string_view key) {
  const auto values = as<std::vector<TomlValue>>(key, "list of numbers");
  std::vector<double> numbers;
  if (!values) return numbers;
  for (const TomlValue& value : *values) {
    const auto number = number_of(value);
    if (!number) {
      complain(key, "is no list of numbers");
      return {};
    }
    numbers.push_back(*number);
  }
  return numbers;
}

std::vector<Bytes> TableReader::amounts(std::string_view key) {
  const TomlValue* value = look(key);
  if (value == nullptr) return {};
  const auto* list = std::get_if<std::vector<TomlValue>>(&value->content);
  if (list == nullptr) {
    const auto one = bytes(key);
    return one ? std::vector{*one, *one, *one} : std::vector<Bytes>{};
  }
  std::vector<Bytes> amounts;
  for (const TomlValue& item : *list) {
    const auto amount = bytes_of(item);
    if (amount) amounts.push_back(*amount);
  }
  if (amounts.size() == 3 && list->size() == 3 && std::is_sorted(amounts.begin(), amounts.end())) {
    return amounts;
  }
  complain(key, "is neither an amount nor three of them",
           "such as [\"1GB\", \"2.5GB\", \"3GB\"]: low, likely, high");
  return {};
}

std::optional<std::string> TableReader::plain(std::string_view key) {
  const TomlValue* value = look(key);
  if (value == nullptr) return std::nullopt;
  if (const auto* text = std::get_if<std::string>(&value->content)) return *text;
  if (const auto* flag = std::get_if<bool>(&value->content)) return *flag ? "true" : "false";
  if (const auto* whole = std::get_if<std::int64_t>(&value->content)) return std::to_string(*whole);
  if (const auto* real = std::get_if<double>(&value->content)) return std::to_string(*real);
  complain(key, "is no plain value");
  return std::nullopt;
}

std::vector<std::reference_wrapper<const TomlTable>> TableReader::tables(std::string_view key) {
  std::vector<std::reference_wrapper<const TomlTable>> tables;
  const TomlValue* value = look(key);
  if (value == nullptr) return tables;
  const auto* content = std::get_if<std::vector<TomlTable>>(&value->content);
  if (content == nullptr) {
    complain(key, "is no table", "write [[" + std::string(key) + "]] and its keys below");
    return tables;
  }
  for (const TomlTable& table : *content) tables.emplace_back(table);
  return tables;
}

void TableReader::complain(std::string_view key, std::string what, std::string hint) {
  const auto found = table_.values.find(key);
  const bool there = found != table_.values.end();
  const std::uint32_t line = there ? found->second.line : table_.line;
  const std::uint32_t column = there ? found->second.column : table_.column;
  errors_.push_back({Errc::invalid, std::string(key) + (key.empty() ? "" : ": ") + std::move(what),
                     toml_place(file_, line, column), std::move(hint)});
}

void TableReader::finish() {
  const std::vector<std::string> known(asked_.begin(), asked_.end());
  for (const auto& [key, value] : table_.values) {
    if (asked_.contains(key)) continue;
    const std::string nearest = nearest_name(key, known);
    errors_.push_back({Errc::invalid, "unknown key " + key,
                       toml_place(file_, value.line, value.column),
                       nearest.empty() ? "" : "did you mean " + nearest + "?"});
  }
}

}  // namespace spillway::fit
