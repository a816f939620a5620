#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace spillway::context {

// JSON strings as they are written, escapes and all, without their quotes ("inner" text): so that what
// is kept of a text is kept byte for byte.

/// One code point as it is written, with the bytes that it takes where only what must be escaped is.
struct Unit {
  std::size_t raw = 0;  // 0: no unit begins here
  std::size_t compact = 0;
  char32_t code = 0;
};

/// The unit at the beginning of `inner`: a character, an escape, or two that are one (a surrogate pair). A
/// surrogate alone is a unit, too: JSON's grammar has it.
Unit unit_at(std::string_view inner);

/// The longest beginning of at most `bytes` that splits no unit. `inner` must be valid.
std::string_view head_of(std::string_view inner, std::size_t bytes);
/// The longest end of at most `bytes` that splits no unit. Reads all of `inner`.
std::string_view tail_of(std::string_view inner, std::size_t bytes);

/// What it says: UTF-8, where a surrogate alone becomes three bytes of its own.
std::string decoded(std::string_view inner);
/// `text` (UTF-8) as a JSON string without its quotes.
std::string encoded(std::string_view text);

}  // namespace spillway::context
