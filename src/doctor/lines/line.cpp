#include "doctor/lines/line.h"

#include <cstring>

#include "base/text.h"
#include "doctor/explain/mask.h"
#include "doctor/lines/json_text.h"
#include "doctor/lines/stamp.h"

namespace spillway::doctor {
namespace {

constexpr std::size_t kMostTexts = 256;

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
    std::size_t plain = i;
    while (plain < raw.size() && static_cast<unsigned char>(raw[plain]) >= 0x20) ++plain;
    text.append(raw, i, plain - i);
    i = plain;
    if (i == raw.size()) break;
    const char c = raw[i];
    if (c == '\x1b') {
      i = past_escape(raw, i);
      continue;
    }
    if (c == '\r' || c == '\n') {
      flush();
    } else if (c != '\0') {
      text += c == '\t' ? c : ' ';
    }
    ++i;
  }
  flush();
}

/// Has a byte below 0x20, eight bytes at a time.
bool has_control(std::string_view raw) {
  constexpr std::uint64_t kEach = 0x0101010101010101;
  std::uint64_t found = 0;
  std::size_t i = 0;
  for (; i + sizeof found <= raw.size(); i += sizeof found) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, raw.data() + i, sizeof bytes);
    found |= (bytes - kEach * 0x20) & ~bytes & (kEach * 0x80);
  }
  for (; i < raw.size(); ++i) found |= static_cast<unsigned char>(raw[i]) < 0x20 ? 1U : 0U;
  return found != 0;
}

/// In journalctl's export format the time stands some fields before the message.
Stamp stamp_before(std::string_view history) {
  constexpr int kMostFields = 40;
  for (int i = 0; i < kMostFields; ++i) {
    const auto field = last_line(history);
    if (!field || field->empty()) break;  // an empty line ends an entry
    if (field->starts_with("__REALTIME_TIMESTAMP=")) return stamp_of(*field);
  }
  return {};
}

}  // namespace

const Stamp& Line::stamp() const {
  if (!known) {
    known = stamp_of(text);
    if (known->line == Stamp::Line::none && text.starts_with("MESSAGE="))
      known = stamp_before(history);
  }
  return *known;
}

Evidence Line::evidence() const { return {{}, number, std::string(quote_of(text))}; }

std::span<const std::string_view> Texts::of(std::string_view raw) {
  owned_.clear();
  views_.clear();
  const std::string_view inner = trimmed(raw);
  if (inner.empty()) return views_;
  const bool record = inner.size() > 2 && inner.front() == '{' && inner.back() == '}';
  const std::string message = record ? text_of_json(inner) : std::string();
  if (!message.empty()) {
    split(message, owned_);
    // Every part of one record has its time.
    const auto blank = message.find(' ');
    for (std::size_t i = 1; i < owned_.size(); ++i) owned_[i].insert(0, message, 0, blank + 1);
  } else if (has_control(raw)) {
    split(raw, owned_);
  } else {
    views_.push_back(raw);
  }
  views_.insert(views_.end(), owned_.begin(), owned_.end());
  return views_;
}

std::optional<std::string_view> last_line(std::string_view& history) {
  if (history.empty()) return std::nullopt;
  if (history.back() == '\n') history.remove_suffix(1);
  // rfind() goes byte by byte.
  const void* newline = ::memrchr(history.data(), '\n', history.size());
  const std::size_t begin =
      newline == nullptr
          ? 0
          : static_cast<std::size_t>(static_cast<const char*>(newline) - history.data()) + 1;
  const std::string_view line = history.substr(begin);
  history = history.substr(0, begin);
  return line;
}

}  // namespace spillway::doctor
