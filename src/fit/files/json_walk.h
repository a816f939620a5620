#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "fit/files/header_reader.h"

namespace spillway::fit {

/// Where in a JSON text a value stands: the member's name, or its number in an array.
struct JsonStep {
  std::string name;
  std::uint64_t index = 0;
  bool in_array = false;
};
using JsonPath = std::vector<JsonStep>;

/// null, and numbers that are no int64, are told as such; an empty object or array is a JsonEmpty.
struct JsonEmpty {
  bool is_array = false;
};
using JsonScalar =
    std::variant<std::nullptr_t, bool, std::int64_t, double, std::string_view, JsonEmpty>;

/// Called with every value that is no object or array, in the order of the text; false: stop, the
/// visitor has failed the reader.
using JsonVisitor = std::function<bool(const JsonPath&, const JsonScalar&)>;

/// Walks the next `size` bytes as one JSON text without building a tree, so that a header of megabytes
/// costs only what is kept of it. Fails the reader, near the byte, for what is no JSON, is nested deeper
/// than 64, names a member twice, or goes on after its end with more than blanks.
void walk_json(HeaderReader& in, std::uint64_t size, const JsonVisitor& visit);

/// "a.b.0"
std::string to_string(const JsonPath& path);

}  // namespace spillway::fit
