#include "json/parse.h"

#include <nlohmann/json.hpp>
#include <string>

namespace spillway {
namespace {

Status within(std::string_view text, const ParseLimits& limits) {
  std::size_t depth = 0;
  std::size_t values = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
      continue;
    }
    quoted = c == '"';
    if (c == '[' || c == '{') ++depth;
    if ((c == ']' || c == '}') && depth > 0) --depth;
    if (c == ',' || c == '[' || c == '{') ++values;
    if (depth > limits.depth) {
      return fail(Errc::invalid, "nested too deeply", "byte " + std::to_string(i));
    }
    if (values > limits.values) {
      return fail(Errc::invalid, "too many values", "byte " + std::to_string(i));
    }
  }
  return {};
}

}  // namespace

Result<nlohmann::json> parse_document(std::string_view text, const ParseLimits& limits) {
  if (const Status ok = within(text, limits); !ok) return tl::unexpected<Error>(ok.error());
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::exception& e) {
    // "[json.exception.parse_error.101] parse error at line 1, column 5: syntax error while ..."
    const std::string_view what = e.what();
    const auto begin = what.find("] ");
    return fail(Errc::invalid,
                "not JSON: " + std::string(begin == what.npos ? what : what.substr(begin + 2)));
  }
}

}  // namespace spillway
