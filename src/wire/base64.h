#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace spillway {

/// RFC 4648, with padding: how bytes travel in JSON.
std::string to_base64(std::string_view bytes);
/// Strict: nullopt for any character, length or padding that to_base64() would not have written.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace spillway
