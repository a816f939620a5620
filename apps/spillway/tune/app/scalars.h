#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace spillway {

/// A number, flag or text of a configuration file, and the bytes that spell it (without quotes).
struct AppScalar {
  std::vector<std::string> path;  // "service", "gpu", "batch_size"; items of lists have no name
  std::string text;
  std::size_t begin = 0, end = 0;
};

enum class AppFormat { json, toml, yaml };
/// By the file's name, else by how its text begins.
AppFormat app_format(std::string_view name, std::string_view text);

/// All of them, in the order of the file. Errc::invalid with line and column for what is malformed. JSON may
/// have what YAML allows of it.
Result<std::vector<AppScalar>> app_scalars(std::string_view text, AppFormat format,
                                           const std::string& name);

}  // namespace spillway
