#include "doctor/lines/line.h"

#include <array>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "doctor/explain/mask.h"
#include "json/parse.h"

namespace spillway::doctor {
namespace {

/// Where loggers put what was said, and when.
constexpr std::array<std::string_view, 6> kMessageKeys{"log", "MESSAGE", "message",
                                                       "msg", "text",    "event"};
constexpr std::array<std::string_view, 5> kTimeKeys{"time", "timestamp", "ts", "@timestamp",
                                                    "asctime"};
constexpr std::size_t kMostTexts = 256;

std::string text_at(const nlohmann::json& object, std::string_view key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// The message of a JSON line, or nothing.
std::string unwrapped(std::string_view raw) {
  const auto document = parse_document(raw);
  if (!document || !document->is_object()) return {};
  std::string text;
  for (const auto key : kMessageKeys) {
    const std::string part = text_at(*document, key);
    if (!part.empty()) text += (text.empty() ? "" : " ") + part;
  }
  const std::string error = text_at(*document, "error");
  if (!error.empty()) text += " error=" + error;
  if (text.empty()) return {};
  for (const auto key : kTimeKeys) {
    const std::string time = text_at(*document, key);
    if (!time.empty()) return time + " " + text;
  }
  const std::string us = text_at(*document, "__REALTIME_TIMESTAMP");
  return us.empty() ? text : "__REALTIME_TIMESTAMP=" + us + " " + text;
}

/// Past an escape sequence that begins at `at`.
std::size_t past_escape(std::string_view raw, std::size_t at) {
  std::size_t i = at + 1;
  if (i >= raw.size() || raw[i] != '[') return i;
  for (++i; i < raw.size(); ++i) {
    if (raw[i] >= '@' && raw[i] <= '~') return i + 1;
  }
  return i;
}

void split(std::string_view raw, std::vector<std::string>& out) {
  std::string text;
  const auto flush = [&] {
    if (!trimmed(text).empty() && out.size() < kMostTexts) out.push_back(std::move(text));
    text.clear();
  };
  for (std::size_t i = 0; i < raw.size();) {
    const char c = raw[i];
    if (c == '\x1b') {
      i = past_escape(raw, i);
      continue;
    }
    if (c == '\r' || c == '\n') {
      flush();
    } else if (c != '\0') {
      text += static_cast<unsigned char>(c) < 0x20 && c != '\t' ? ' ' : c;
    }
    ++i;
  }
  flush();
}

}  // namespace

Evidence Line::evidence() const { return {std::string(file), number, masked(text)}; }

std::vector<std::string> texts_of(std::string_view raw) {
  std::vector<std::string> out;
  const std::string_view inner = trimmed(raw);
  if (inner.size() > 2 && inner.front() == '{' && inner.back() == '}') {
    if (const std::string text = unwrapped(inner); !text.empty()) {
      split(text, out);
      // Every part of one record has its time.
      const auto blank = text.find(' ');
      for (std::size_t i = 1; i < out.size(); ++i) out[i] = text.substr(0, blank + 1) + out[i];
      return out;
    }
  }
  split(raw, out);
  return out;
}

std::optional<std::string_view> last_line(std::string_view& history) {
  if (history.empty()) return std::nullopt;
  if (history.back() == '\n') history.remove_suffix(1);
  const auto newline = history.rfind('\n');
  const std::size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
  const std::string_view line = history.substr(begin);
  history = history.substr(0, begin);
  return line;
}

}  // namespace spillway::doctor
