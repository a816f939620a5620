#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace spillway {

/// What an error means to a program that runs models.
enum class ErrorKind {
  other,   // none of our business
  memory,  // an allocation failed: room can be made, and it can be tried again
  sticky   // the GPU's context is dead: nothing on that GPU works in this process again
};

/// Reads the message of an exception, a runtime or a driver. Pure; case does not matter.
ErrorKind classify_error(std::string_view message);

/// The size of the allocation that failed, where the message names it.
std::optional<Bytes> wanted_bytes(std::string_view message);

}  // namespace spillway
