#include "body.h"

#include <fmt/format.h>

#include "base/text.h"

namespace spillway::gateway {

std::optional<context::Value> member(std::string_view object, std::string_view key) {
  std::optional<context::Value> found;
  context::Scanner scanner(object);
  if (scanner.next() != context::Kind::object) return std::nullopt;
  scanner.object([&](std::string_view name) {
    const context::Value value = scanner.value();
    if (name == key && scanner.ok()) found = value;
  });
  return scanner.ok() ? found : std::nullopt;
}

std::string with_member(std::string_view object, std::string_view key, std::string_view value) {
  if (const auto old = member(object, key)) {
    const auto at = static_cast<std::size_t>(old->raw.data() - object.data());
    return fmt::format("{}{}{}", object.substr(0, at), value, object.substr(at + old->raw.size()));
  }
  const auto end = object.rfind('}');
  const std::string_view before = trimmed(object.substr(0, end));
  return fmt::format("{}{}\"{}\":{}{}", object.substr(0, end), before.ends_with('{') ? "" : ",",
                     key, value, object.substr(end));
}

}  // namespace spillway::gateway
