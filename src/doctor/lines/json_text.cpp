#include "doctor/lines/json_text.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "json/parse.h"

namespace spillway::doctor {
namespace {

/// Where loggers put what was said, and when.
constexpr std::array<std::string_view, 13> kKeys{"log",
                                                 "MESSAGE",
                                                 "message",
                                                 "msg",
                                                 "text",
                                                 "event",
                                                 "error",
                                                 "time",
                                                 "timestamp",
                                                 "ts",
                                                 "@timestamp",
                                                 "asctime",
                                                 "__REALTIME_TIMESTAMP"};
constexpr std::size_t kError = 6, kTime = 7, kMicroseconds = 12;
using Values = std::array<std::string, kKeys.size()>;

std::size_t index_of(std::string_view key) {
  return static_cast<std::size_t>(std::find(kKeys.begin(), kKeys.end(), key) - kKeys.begin());
}

/// The end of a number, a word, an array or an object that begins at `at`.
std::size_t past_value(std::string_view line, std::size_t at) {
  std::size_t depth = 0;
  while (at < line.size()) {
    at = std::min(line.find_first_of("[]{},\"", at), line.size());
    if (at == line.size()) break;
    const char c = line[at];
    if (depth == 0 && (c == ',' || c == '}')) return at;
    if (c == '[' || c == '{') ++depth;
    if ((c == ']' || c == '}') && depth > 0) --depth;
    ++at;
    if (c != '"') continue;
    while (at < line.size() && line[at] != '"') at += line[at] == '\\' ? 2U : 1U;
    ++at;
  }
  return line.size();
}

/// An object as loggers write it, read without building a document: an error log of a container is millions
/// of them. nullopt for what the parser is for: other escapes, broken lines.
std::optional<Values> quick_values(std::string_view line) {
  Values values;
  std::size_t at = 0;
  const auto blanks = [&] {
    while (at < line.size() && line[at] == ' ') ++at;
  };
  const auto take = [&](char c) {
    blanks();
    if (at >= line.size() || line[at] != c) return false;
    ++at;
    return true;
  };
  const auto read_string = [&](std::string& into) {
    if (!take('"')) return false;
    while (at < line.size()) {
      std::size_t stop = at;
      while (stop < line.size() && line[stop] != '"' && line[stop] != '\\') ++stop;
      into.append(line, at, stop - at);
      at = stop + 1;
      if (stop >= line.size()) return false;
      if (line[stop] == '"') return true;
      constexpr std::string_view kEscapes = "\"\\/ntr", kMeant = "\"\\/\n\t\r";
      const auto escape = at < line.size() ? kEscapes.find(line[at++]) : std::string_view::npos;
      if (escape == std::string_view::npos) return false;
      into += kMeant[escape];
    }
    return false;
  };
  std::string key, value;
  if (!take('{')) return std::nullopt;
  do {
    key.clear();
    value.clear();
    if (!read_string(key) || !take(':')) return std::nullopt;
    blanks();
    if (at < line.size() && line[at] == '"') {
      if (!read_string(value)) return std::nullopt;
      if (const auto i = index_of(key); i < kKeys.size()) values[i].swap(value);
    } else {
      at = past_value(line, at);
    }
  } while (take(','));
  if (!take('}') || at != line.size()) return std::nullopt;
  return values;
}

std::optional<Values> parsed_values(std::string_view line) {
  const auto document = parse_document(line);
  if (!document || !document->is_object()) return std::nullopt;
  Values values;
  for (std::size_t i = 0; i < kKeys.size(); ++i) {
    const auto found = document->find(kKeys[i]);
    if (found != document->end() && found->is_string()) values[i] = found->get<std::string>();
  }
  return values;
}

}  // namespace

std::string text_of_json(std::string_view line) {
  auto values = quick_values(line);
  if (!values) values = parsed_values(line);
  if (!values) return {};
  std::string text;
  for (std::size_t i = 0; i < kError; ++i) {
    const std::string& part = (*values)[i];
    if (!part.empty()) text += (text.empty() ? "" : " ") + part;
  }
  if (const std::string& error = (*values)[kError]; !error.empty()) text += " error=" + error;
  if (text.empty()) return {};
  for (std::size_t i = kTime; i < kMicroseconds; ++i) {
    if (!(*values)[i].empty()) return (*values)[i] + " " + text;
  }
  const std::string& us = (*values)[kMicroseconds];
  return us.empty() ? text : "__REALTIME_TIMESTAMP=" + us + " " + text;
}

}  // namespace spillway::doctor
