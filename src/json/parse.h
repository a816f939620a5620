#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "base/result.h"

namespace spillway {

/// Bounds that are checked before memory is spent: a line of 1 MiB can hold half a million arrays
/// in each other.
struct ParseLimits {
  std::size_t depth = 32;
  std::size_t values = 1'000'000;
};

/// Parses one JSON text. Never throws; Errc::invalid says why not and where: malformed,
/// truncated, not UTF-8, a number that no double holds, too deep, too many values. Of a member that
/// is given twice the last counts. Any thread.
Result<nlohmann::json> parse_document(std::string_view text, const ParseLimits& limits = {});

}  // namespace spillway
