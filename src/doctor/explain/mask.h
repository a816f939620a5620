#pragma once

#include <string>
#include <string_view>

namespace spillway::doctor {

/// A line as it may be quoted: keys, tokens and other long secrets keep four characters, bytes that are
/// no UTF-8 and control characters become '?', and it ends after `longest` bytes with "...".
std::string masked(std::string_view line, std::size_t longest = 400);

/// What masked() needs of a line, to be masked later: its beginning, up to the end of a word.
std::string_view quote_of(std::string_view line);

/// A process's or a unit's name: printable, at most 256 bytes.
std::string masked_name(std::string_view name);

}  // namespace spillway::doctor
