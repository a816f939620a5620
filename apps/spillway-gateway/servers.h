#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/clock.h"
#include "net.h"
#include "settings.h"

namespace spillway::gateway {

/// What a model server is, as far as it says so itself.
struct ServerFacts {
  enum class Kind { generic, llama_server, vllm, ollama } kind = Kind::generic;
  std::optional<std::uint64_t> window;  // tokens of one conversation, prompt and answer
  std::string model;                    // that it serves, where it names one

  /// It can render a conversation and count its tokens.
  bool counts() const { return kind == Kind::llama_server || kind == Kind::vllm; }
};

/// Reads what servers answer. Each nothing where that is no answer of such a server.
///   llama-server: GET /props, default_generation_settings.n_ctx (tools/server/README.md)
///   vLLM: GET /v1/models, data[0].max_model_len
///   Ollama: GET /api/ps, models[0].context_length (docs/api)
std::optional<ServerFacts> read_props(const std::string& body);
std::optional<ServerFacts> read_models(const std::string& body);
std::optional<ServerFacts> read_ps(const std::string& body);

/// What is known of the upstreams; asked again when it is older than half a minute, since a server may
/// have been started anew with another window. One thread.
class Servers {
 public:
  net::awaitable<ServerFacts> facts(const Endpoint& at);

 private:
  struct Known {
    ServerFacts facts;
    TimePoint at;
  };
  std::map<std::pair<std::string, std::uint16_t>, Known> known_;
  SystemClock clock_;
};

}  // namespace spillway::gateway
