#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "context/scanner.h"

namespace spillway::gateway {

/// The member of a JSON object's text; nothing where it has none or is no object. `key` has no escapes.
std::optional<context::Value> member(std::string_view object, std::string_view key);

/// The object with this member, in the place of the one of that name, else at its end; all else stays
/// byte for byte. `object` must be an object.
std::string with_member(std::string_view object, std::string_view key, std::string_view value);

}  // namespace spillway::gateway
