#include "servers.h"

#include <array>
#include <nlohmann/json.hpp>

#include "ask.h"

namespace spillway::gateway {
namespace {

using nlohmann::json;

constexpr Duration kStale = 30s;
constexpr Duration kPatience = 2s;

json parsed(const std::string& body) { return json::parse(body, nullptr, false); }

const json* at(const json& value, const char* pointer) {
  const json::json_pointer path(pointer);
  return value.contains(path) ? &value.at(path) : nullptr;
}

std::optional<std::uint64_t> count_at(const json& value, const char* pointer) {
  const json* found = at(value, pointer);
  if (found == nullptr || !found->is_number_unsigned() || found->get<std::uint64_t>() == 0) {
    return std::nullopt;
  }
  return found->get<std::uint64_t>();
}

std::string text_at(const json& value, const char* pointer) {
  const json* found = at(value, pointer);
  return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
}

struct Probe {
  const char* target;
  std::optional<ServerFacts> (*read)(const std::string&);
};
constexpr std::array kProbes{Probe{"/props", read_props}, Probe{"/v1/models", read_models},
                             Probe{"/api/ps", read_ps}};

}  // namespace

std::optional<ServerFacts> read_props(const std::string& body) {
  const json props = parsed(body);
  const auto window = count_at(props, "/default_generation_settings/n_ctx");
  if (!window) return std::nullopt;
  return ServerFacts{ServerFacts::Kind::llama_server, window, text_at(props, "/model_path")};
}

std::optional<ServerFacts> read_models(const std::string& body) {
  const json models = parsed(body);
  const auto window = count_at(models, "/data/0/max_model_len");
  if (!window) return std::nullopt;
  return ServerFacts{ServerFacts::Kind::vllm, window, text_at(models, "/data/0/id")};
}

std::optional<ServerFacts> read_ps(const std::string& body) {
  const json running = parsed(body);
  const json* models = at(running, "/models");
  if (models == nullptr || !models->is_array()) return std::nullopt;
  return ServerFacts{ServerFacts::Kind::ollama, count_at(running, "/models/0/context_length"),
                     text_at(running, "/models/0/name")};
}

net::awaitable<ServerFacts> Servers::facts(const Endpoint& at) {
  const std::pair key(at.host, at.port);
  if (const auto found = known_.find(key);
      found != known_.end() && clock_.now() - found->second.at < kStale) {
    co_return found->second.facts;
  }
  ServerFacts facts;
  for (const Probe& probe : kProbes) {
    const auto reply = co_await ask(at, probe.target, {}, kPatience);
    if (!reply) co_return facts;  // it is not there: nothing is learned, nothing forgotten
    if (reply->status != 200) continue;
    if (auto read = probe.read(reply->body)) {
      facts = std::move(*read);
      break;
    }
  }
  known_[key] = {facts, clock_.now()};
  co_return facts;
}

}  // namespace spillway::gateway
