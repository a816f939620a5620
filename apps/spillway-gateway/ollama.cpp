#include "ollama.h"

#include "base/text.h"
#include "body.h"

namespace spillway::gateway {
namespace {

std::optional<std::uint64_t> count(std::string_view object, std::string_view key) {
  const auto value = member(object, key);
  const auto number = value ? parse_u64(value->raw) : std::nullopt;
  return number && *number > 0 ? number : std::nullopt;
}

std::string set(std::string body, std::string_view key, std::string_view value) {
  const auto said = member(body, key);
  return said && said->raw == value ? body : with_member(body, key, value);
}

}  // namespace

OllamaLengths ollama_lengths(std::string_view body) {
  const auto options = member(body, "options");
  if (!options || options->kind != context::Kind::object) return {};
  return {count(options->raw, "num_ctx"), count(options->raw, "num_predict")};
}

std::string without_loss(std::string_view body, std::uint64_t output_cap) {
  const auto options = member(body, "options");
  const bool has_options = options && options->kind == context::Kind::object;
  const std::string capped = set(std::string(has_options ? options->raw : "{}"), "num_predict",
                                 std::to_string(output_cap));
  std::string out = set(std::string(body), "truncate", "false");
  out = set(std::move(out), "shift", "false");
  return set(std::move(out), "options", capped);
}

}  // namespace spillway::gateway
