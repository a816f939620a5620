#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace spillway {

/// Reading members of a peer's JSON without ever throwing: absent, null and of the wrong type are
/// all "not there". `object` may be anything.
const nlohmann::json* member(const nlohmann::json& object, std::string_view key);
std::optional<std::string> text_of(const nlohmann::json& object, std::string_view key);
std::string text_or(const nlohmann::json& object, std::string_view key, std::string otherwise = {});
std::optional<std::int64_t> i64_of(const nlohmann::json& object, std::string_view key);
std::optional<std::uint64_t> u64_of(const nlohmann::json& object, std::string_view key);
std::optional<bool> bool_of(const nlohmann::json& object, std::string_view key);

}  // namespace spillway
