#pragma once

#include "json/codec.h"
#include "json/field_reader.h"
#include "json/field_writer.h"
#include "json/parse.h"

// The bodies of codec.h; each codec_*.cpp instantiates them for its types.

namespace spillway {

template <class T>
std::string written(const T& value, bool compact) {
  JsonWriter out;
  FieldWriter(out, compact).write(value);
  return out.take();
}

template <class T>
std::string to_text(const T& value) {
  return written(value, false);
}

template <class T>
std::string to_compact_text(const T& value) {
  return written(value, true);
}

template <class T>
nlohmann::json to_json(const T& value) {
  // By way of the text: a second writer for every type would cost more than it saves.
  return nlohmann::json::parse(to_text(value));
}

template <class T>
Result<T> from_json(const nlohmann::json& json) {
  T value{};
  std::optional<Error> error;
  FieldReader::read(json, Place{}, error, value);
  if (error) return tl::unexpected<Error>(std::move(*error));
  return value;
}

template <class T>
Result<T> from_text(std::string_view text) {
  return parse_document(text).and_then(
      [](const nlohmann::json& json) { return from_json<T>(json); });
}

}  // namespace spillway

#define SPILLWAY_JSON_CODEC(T)                            \
  template std::string to_text<T>(const T&);              \
  template std::string to_compact_text<T>(const T&);      \
  template nlohmann::json to_json<T>(const T&);           \
  template Result<T> from_json<T>(const nlohmann::json&); \
  template Result<T> from_text<T>(std::string_view);
