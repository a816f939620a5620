#include "context/text.h"

#include <array>
#include <optional>

#include "json/writer.h"

namespace spillway::context {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// "\uXXXX" at the beginning.
std::optional<char32_t> four_digits(std::string_view inner) {
  if (inner.size() < 6 || inner[0] != '\\' || inner[1] != 'u') return std::nullopt;
  char32_t code = 0;
  for (std::size_t i = 2; i < 6; ++i) {
    const int digit = hex_digit(inner[i]);
    if (digit < 0) return std::nullopt;
    code = code * 16 + static_cast<char32_t>(digit);
  }
  return code;
}

constexpr bool is_high(char32_t code) { return code >= 0xD800 && code < 0xDC00; }
constexpr bool is_low(char32_t code) { return code >= 0xDC00 && code < 0xE000; }

std::size_t compact_size(char32_t code) {
  if (code == '"' || code == '\\') return 2;
  if (code < 0x20) {
    const bool is_short =
        code == '\b' || code == '\f' || code == '\n' || code == '\r' || code == '\t';
    return is_short ? 2 : 6;
  }
  if (is_high(code) || is_low(code)) return 6;
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

Unit escaped_unit(std::string_view inner) {
  if (inner.size() < 2) return {};
  if (const auto code = four_digits(inner)) {
    if (is_high(*code)) {
      const auto second = four_digits(inner.substr(6));
      if (second && is_low(*second)) {
        return {12, 4, 0x10000 + ((*code - 0xD800) << 10) + (*second - 0xDC00)};
      }
    }
    return {6, compact_size(*code), *code};
  }
  constexpr std::string_view kNames = "\"\\/bfnrt", kMeans = "\"\\/\b\f\n\r\t";
  const auto at = kNames.find(inner[1]);
  if (at == kNames.npos) return {};
  const auto code = static_cast<char32_t>(kMeans[at]);
  return {2, compact_size(code), code};
}

/// UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing beyond U+10FFFF.
Unit utf8_unit(std::string_view inner) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(inner[i]); };
  const unsigned char first = byte(0);
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || inner.size() < size) return {};
  char32_t code = first & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    code = (code << 6) | (byte(i) & 0x3F);
  }
  constexpr std::array<char32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
  if (code < kLeast[size] || code > 0x10FFFF || is_high(code) || is_low(code)) return {};
  return {size, size, code};
}

void append_utf8(std::string& out, char32_t code) {
  const auto add = [&](char32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) return add(code);
  if (code < 0x800) {
    add(0xC0 | (code >> 6));
  } else {
    if (code < 0x10000) {
      add(0xE0 | (code >> 12));
    } else {
      add(0xF0 | (code >> 18));
      add(0x80 | ((code >> 12) & 0x3F));
    }
    add(0x80 | ((code >> 6) & 0x3F));
  }
  add(0x80 | (code & 0x3F));
}

}  // namespace

Unit unit_at(std::string_view inner) {
  if (inner.empty()) return {};
  const auto c = static_cast<unsigned char>(inner.front());
  if (c == '\\') return escaped_unit(inner);
  if (c >= 0x80) return utf8_unit(inner);
  return {1, compact_size(c), c};
}

std::string_view head_of(std::string_view inner, std::size_t bytes) {
  std::size_t end = 0;
  while (end < inner.size()) {
    const std::size_t unit = unit_at(inner.substr(end)).raw;
    if (unit == 0 || end + unit > bytes) break;
    end += unit;
  }
  return inner.substr(0, end);
}

std::string_view tail_of(std::string_view inner, std::size_t bytes) {
  if (inner.size() <= bytes) return inner;
  std::size_t begin = 0;
  while (begin < inner.size() - bytes) {
    const std::size_t unit = unit_at(inner.substr(begin)).raw;
    if (unit == 0) return {};
    begin += unit;
  }
  return inner.substr(begin);
}

std::string decoded(std::string_view inner) {
  if (inner.find('\\') == inner.npos) return std::string(inner);
  std::string out;
  while (!inner.empty()) {
    const Unit unit = unit_at(inner);
    if (unit.raw == 0) break;
    append_utf8(out, unit.code);
    inner.remove_prefix(unit.raw);
  }
  return out;
}

std::string encoded(std::string_view text) {
  JsonWriter out;
  out.value(text);
  const std::string quoted = out.take();
  return quoted.substr(1, quoted.size() - 2);
}

}  // namespace spillway::context
