#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/log.h"
#include "base/result.h"
#include "base/time.h"
#include "model/rung.h"

namespace spillway {

/// A value as TOML has it. monostate: a kind that no key takes (a date, a table, a mixed array).
using ConfigScalar =
    std::variant<std::monostate, bool, std::int64_t, double, std::string, std::vector<std::string>>;

// Where a key's value goes and what it may be. Each kind has its own spelling in TOML.

struct ShareSlot {
  double* value;
  double most = 1.0;
};
struct RateSlot {
  double* value;  // bytes per second
};
struct NumberSlot {
  int* value;
  int least = 0, most = 1'000'000;
};
struct SizeSlot {
  Bytes* value;
  Bytes least{};
};
struct TimeSlot {
  Duration* value;
  Duration least{};
  Duration most = 24h * 3650;
};
struct PathSlot {
  std::string* value;  // absolute, or empty for the default
};
using ConfigSlot =
    std::variant<bool*, ShareSlot, RateSlot, NumberSlot, SizeSlot, TimeSlot, PathSlot, std::string*,
                 std::vector<std::string>*, std::optional<Bytes>*, std::optional<Duration>*,
                 std::optional<int>*, std::optional<bool>*, Rung*, Severity*>;

/// Puts the value into the slot. The error says what is wrong, its hint what is allowed.
Status assign(const ConfigSlot& slot, const ConfigScalar& value);

/// The slot's value as TOML, such that assign() gives exactly it; empty when it is not set.
std::string spelled(const ConfigSlot& slot);

/// A TOML basic string.
std::string quoted(const std::string& text);

}  // namespace spillway
