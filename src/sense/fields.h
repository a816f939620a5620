#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "port/kept_file.h"

namespace spillway {

// What the parsers of kernel files share. A figure that no machine can have (negative, beyond 2^62,
// not a number) is unknown, never zero; a line without its newline was cut off and does not count.

/// The next complete line, cut off `text`; nullopt at the end or at a line that is cut off.
std::optional<std::string_view> next_line(std::string_view& text);

/// Digits, times `unit` bytes.
std::optional<Bytes> parse_amount(std::string_view digits, std::int64_t unit = 1);

/// One wanted line of a keyed file, and where its figure goes.
template <class Record, class Value>
struct Field {
  std::string_view key;
  std::optional<Value> Record::*member;
};

template <class Record, class Value>
const Field<Record, Value>* find_field(std::span<const Field<Record, Value>> fields,
                                       std::string_view key) {
  for (const auto& field : fields) {
    if (field.key == key) return &field;
  }
  return nullptr;
}

/// Reads a file and parses it; a parser's error gets the path.
template <class T>
Result<T> parsed(KeptFile& file, Result<T> (*parse)(std::string_view)) {
  const auto text = file.read();
  if (!text) return tl::unexpected(text.error());
  auto value = parse(*text);
  if (!value) value.error().where = file.where();
  return value;
}

/// As above; nullopt when the machine has no such file.
template <class T>
Result<std::optional<T>> parsed(OptionalFile& file, TimePoint now,
                                Result<T> (*parse)(std::string_view)) {
  const auto text = file.read(now);
  if (!text) return tl::unexpected(text.error());
  if (!*text) return std::nullopt;
  auto value = parse(**text);
  if (!value) {
    value.error().where = file.where();
    return tl::unexpected(std::move(value).error());
  }
  return *std::move(value);
}

}  // namespace spillway
