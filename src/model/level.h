#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace spillway {

/// How short a pool is. Ordered: a higher level permits every measure of the lower ones.
enum class Level { normal, warning, critical, emergency, shutdown };

inline constexpr std::array kLevels{Level::normal, Level::warning, Level::critical,
                                    Level::emergency, Level::shutdown};

constexpr std::size_t index(Level level) { return static_cast<std::size_t>(level); }

constexpr std::string_view name(Level level) {
  constexpr std::array<std::string_view, 5> kNames{"normal", "warning", "critical", "emergency",
                                                   "shutdown"};
  return kNames[index(level)];
}

constexpr std::optional<Level> parse_level(std::string_view text) {
  for (const Level level : kLevels) {
    if (name(level) == text) return level;
  }
  return std::nullopt;
}

}  // namespace spillway
