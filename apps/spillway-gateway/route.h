#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "settings.h"

namespace spillway::gateway {

/// What a request asks for, as far as the gateway has to know.
enum class Kind {
  chat,         // OpenAI chat completions
  completion,   // OpenAI completions
  responses,    // OpenAI responses
  messages,     // Anthropic messages
  ollama_chat,  // /api/chat
  ollama_text,  // /api/generate
  other,        // passed on as it is
};

/// `target` as in the request line, with its query.
Kind kind_of(std::string_view method, std::string_view target);
inline bool generates(Kind kind) { return kind != Kind::other; }
/// The others are passed on as they are: their servers refuse what is too long.
inline bool is_guarded(Kind kind) {
  return kind == Kind::chat || kind == Kind::ollama_chat || kind == Kind::ollama_text;
}

/// The "model" at the top of a JSON body; nothing where there is none, or no JSON.
std::optional<std::string> model_of(std::string_view body);

/// Who answers for a model: the upstream that names it, else the first that names none, else nobody.
const Upstream* upstream_for(const std::vector<Upstream>& upstreams,
                             const std::optional<std::string>& model);

}  // namespace spillway::gateway
