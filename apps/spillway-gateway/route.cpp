#include "route.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "context/scanner.h"

namespace spillway::gateway {
namespace {

struct Path {
  std::string_view path;
  Kind kind;
};
/// llama-server takes its paths with and without /v1.
constexpr std::array kGenerating{
    Path{"/v1/chat/completions", Kind::chat},  Path{"/chat/completions", Kind::chat},
    Path{"/v1/completions", Kind::completion}, Path{"/completions", Kind::completion},
    Path{"/completion", Kind::completion},     Path{"/v1/responses", Kind::responses},
    Path{"/v1/messages", Kind::messages},      Path{"/api/chat", Kind::ollama_chat},
    Path{"/api/generate", Kind::ollama_text},
};

}  // namespace

Kind kind_of(std::string_view method, std::string_view target) {
  if (method != "POST") return Kind::other;
  const std::string_view path = target.substr(0, target.find('?'));
  const auto found = std::find_if(kGenerating.begin(), kGenerating.end(),
                                  [&](const Path& known) { return known.path == path; });
  return found == kGenerating.end() ? Kind::other : found->kind;
}

std::optional<std::string> model_of(std::string_view body) {
  std::optional<std::string> model;
  context::Scanner scanner(body);
  scanner.object([&](std::string_view key) {
    const context::Value value = scanner.value();
    if (key != "model" || value.kind != context::Kind::string || !scanner.ok()) return;
    const auto text = nlohmann::json::parse(value.raw, nullptr, false);
    if (text.is_string()) model = text.get<std::string>();
    scanner.fail("that is all");  // mostly it stands before a long history
  });
  return model;
}

const Upstream* upstream_for(const std::vector<Upstream>& upstreams,
                             const std::optional<std::string>& model) {
  const auto named = [&](std::string_view name) -> const Upstream* {
    const auto found = std::find_if(upstreams.begin(), upstreams.end(),
                                    [&](const Upstream& one) { return one.model == name; });
    return found == upstreams.end() ? nullptr : &*found;
  };
  const Upstream* known = model && !model->empty() ? named(*model) : nullptr;
  return known != nullptr ? known : named("");
}

}  // namespace spillway::gateway
