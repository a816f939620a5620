#include "doctor/explain/mask.h"

#include <algorithm>
#include <array>

namespace spillway::doctor {
namespace {

constexpr std::size_t kSecretLength = 24, kKept = 4;
constexpr std::size_t kLongestQuote = 1024;  // secrets in it become shorter

/// What stands right before a secret, however short that is.
constexpr std::array<std::string_view, 10> kNames{
    "api_key", "apikey", "api-key", "token",         "password",
    "passwd",  "secret", "bearer ", "authorization", "access_key"};
constexpr std::array<std::string_view, 7> kBeginnings{"sk-",    "hf_", "ghp_", "gho_",
                                                      "glpat-", "xox", "AKIA"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_word(char c) { return is_digit(c) || is_letter(c) || c == '_' || c == '-'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool ends_with_name(std::string_view before) {
  // name, then "=", ": ", "\": \"" and the like.
  std::size_t end = before.size();
  bool assigned = false;
  while (end > 0 && (before[end - 1] == '=' || before[end - 1] == ':' || before[end - 1] == '"' ||
                     before[end - 1] == '\'' || before[end - 1] == ' ')) {
    assigned = assigned || before[end - 1] == '=' || before[end - 1] == ':';
    --end;
  }
  const auto is_name = [](std::string_view text, std::string_view name) {
    return text.size() >= name.size() &&
           std::equal(name.begin(), name.end(),
                      text.end() - static_cast<std::ptrdiff_t>(name.size()),
                      [](char a, char b) { return a == lower(b); });
  };
  if (is_name(before, "bearer ")) return true;
  return assigned && std::any_of(kNames.begin(), kNames.end(), [&](std::string_view name) {
           return is_name(before.substr(0, end), name);
         });
}

bool is_secret(std::string_view before, std::string_view word) {
  const bool figures = std::any_of(word.begin(), word.end(), is_digit);
  const bool letters = std::any_of(word.begin(), word.end(), is_letter);
  if (word.size() >= 6 && letters && ends_with_name(before)) return true;
  if (word.size() >= 16 && std::any_of(kBeginnings.begin(), kBeginnings.end(),
                                       [&](std::string_view b) { return word.starts_with(b); })) {
    return true;
  }
  return word.size() >= kSecretLength && figures && letters;
}

/// Length of the UTF-8 sequence at `at`; 0 when it is none.
std::size_t sequence(std::string_view text, std::size_t at) {
  const auto byte = static_cast<unsigned char>(text[at]);
  const std::size_t length = byte < 0x80                   ? 1
                             : byte >= 0xf0 && byte < 0xf5 ? 4
                             : byte >= 0xe0                ? 3
                                                           : 2;
  if (byte >= 0xf5 || (byte >= 0x80 && byte < 0xc2) || at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((static_cast<unsigned char>(text[at + i]) & 0xc0) != 0x80) return 0;
  }
  return length;
}

}  // namespace

std::string_view quote_of(std::string_view line) {
  if (line.size() <= kLongestQuote) return line;
  // Half a secret would not be known for one.
  std::size_t end = kLongestQuote;
  while (end > 0 && is_word(line[end - 1])) --end;
  return line.substr(0, end);
}

std::string masked_name(std::string_view name) {
  std::string out;
  for (std::size_t at = 0; at < name.size() && out.size() < 256;) {
    const std::size_t length = sequence(name, at);
    const bool control = static_cast<unsigned char>(name[at]) < 0x20 || name[at] == 0x7f;
    out += length == 0 || control ? std::string_view("?") : name.substr(at, length);
    at += std::max<std::size_t>(length, 1);
  }
  return out;
}

std::string masked(std::string_view line, std::size_t longest) {
  std::string out;
  for (std::size_t at = 0; at < line.size();) {
    if (out.size() >= longest) return out + "...";
    if (!is_word(line[at])) {
      const std::size_t length = sequence(line, at);
      const bool control = static_cast<unsigned char>(line[at]) < 0x20 || line[at] == 0x7f;
      if (length == 0 || control) {
        out += line[at] == '\t' || line[at] == '\n' ? ' ' : '?';
      } else {
        out += line.substr(at, length);
      }
      at += std::max<std::size_t>(length, 1);
      continue;
    }
    std::size_t end = at;
    while (end < line.size() && is_word(line[end])) ++end;
    const std::string_view word = line.substr(at, end - at);
    out += is_secret(line.substr(0, at), word) ? std::string(word.substr(0, kKept)) + "[...]"
                                               : std::string(word.substr(0, longest));
    at = end;
  }
  return out;
}

}  // namespace spillway::doctor
