#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spillway {

/// Strict decimal: digits only, whole text, no sign, no overflow; else nullopt.
std::optional<std::uint64_t> parse_u64(std::string_view text);
/// As above with an optional leading '-'.
std::optional<std::int64_t> parse_i64(std::string_view text);
/// Strict decimal fraction such as "12.34"; never nan, inf or exponent.
std::optional<double> parse_decimal(std::string_view text);

std::string_view trimmed(std::string_view text);

/// Cuts the next token ending at `separator` (or the end) off `rest`. nullopt when rest is empty.
std::optional<std::string_view> next_token(std::string_view& rest, char separator);

/// The next word of `rest` (separated by any run of blanks), cut off; nullopt when none is left.
std::optional<std::string_view> next_word(std::string_view& rest);

/// Shell-style match with '*' only (as in "cgroup:/user.slice/*").
bool matches(std::string_view pattern, std::string_view text);

/// A share for people: 0.423 is "42 %", 0.004 "0.4 %", 1.04 "104 %".
std::string percent(double share);

}  // namespace spillway
