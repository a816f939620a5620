#include "counting.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "context/edits.h"

namespace spillway::gateway {
namespace {

using nlohmann::json;

Result<json> parsed(const Result<std::string>& answer) {
  if (!answer) return tl::unexpected(answer.error());
  json value = json::parse(*answer, nullptr, false);
  if (value.is_object()) return value;
  return fail(Errc::unavailable, "the server's count is no JSON object", {});
}

Result<std::uint64_t> not_counted(const char* target) {
  return fail(Errc::unavailable, "the server's answer has no count", target);
}

/// Two hashes of different parts and the length: enough that no two messages share it by chance.
std::string key_of(const ServerFacts& facts, std::string_view raw) {
  return fmt::format("{:x}.{:x}.{:x}", context::identity_of(raw), raw.size(),
                     context::identity_of(facts.model));
}

}  // namespace

std::optional<std::uint64_t> CountCache::find(const std::string& key) {
  const std::lock_guard lock(mutex_);
  if (const auto found = counts_.find(key); found != counts_.end()) return found->second;
  const auto old = older_.find(key);
  if (old == older_.end()) return std::nullopt;
  const std::uint64_t tokens = old->second;
  counts_.emplace(key, tokens);
  return tokens;
}

void CountCache::add(std::string key, std::uint64_t tokens) {
  const std::lock_guard lock(mutex_);
  if (counts_.size() >= kMost / 2) older_ = std::exchange(counts_, {});
  counts_.emplace(std::move(key), tokens);
}

Result<std::uint64_t> UpstreamCounter::tokens(const context::Value& value) {
  std::string key = key_of(facts_, value.raw);
  if (const auto known = cache_.find(key)) return *known;
  const auto counted = tokens_of_text(value.raw);
  if (counted) cache_.add(std::move(key), *counted);
  return counted;
}

Result<std::uint64_t> UpstreamCounter::tokens_of_text(std::string_view text) {
  if (facts_.kind == ServerFacts::Kind::llama_server) return tokens_of_prompt(std::string(text));
  const json question{{"model", facts_.model}, {"prompt", text}};
  const auto answer =
      parsed(post_("/tokenize", question.dump(-1, ' ', false, json::error_handler_t::replace)));
  if (!answer) return tl::unexpected(answer.error());
  if (!answer->contains("count") || !(*answer)["count"].is_number_unsigned()) {
    return not_counted("/tokenize");
  }
  return (*answer)["count"].get<std::uint64_t>();
}

Result<std::uint64_t> UpstreamCounter::tokens_of_prompt(const std::string& prompt) {
  const json question{{"content", prompt}, {"add_special", true}, {"parse_special", true}};
  const auto answer =
      parsed(post_("/tokenize", question.dump(-1, ' ', false, json::error_handler_t::replace)));
  if (!answer) return tl::unexpected(answer.error());
  if (!answer->contains("tokens") || !(*answer)["tokens"].is_array())
    return not_counted("/tokenize");
  return (*answer)["tokens"].size();
}

Result<std::uint64_t> UpstreamCounter::whole(std::string_view body) {
  json request = json::parse(body, nullptr, false);
  if (request.is_array()) request = json{{"messages", std::move(request)}};
  if (!request.is_object()) return fail(Errc::invalid, "no conversation to count", {});
  if (facts_.kind == ServerFacts::Kind::llama_server) {
    // Whatever steers the template (tools, chat_template_kwargs) goes along.
    const auto answer = parsed(post_("/apply-template", request.dump()));
    if (!answer) return tl::unexpected(answer.error());
    if (!answer->contains("prompt") || !(*answer)["prompt"].is_string()) {
      return not_counted("/apply-template");
    }
    return tokens_of_prompt((*answer)["prompt"].get<std::string>());
  }
  json question{{"model", request.value("model", json(facts_.model))},
                {"messages", request["messages"]},
                {"add_generation_prompt", true}};
  for (const char* member : {"tools", "chat_template_kwargs"}) {
    if (request.contains(member)) question[member] = request[member];
  }
  const auto answer = parsed(post_("/tokenize", question.dump()));
  if (!answer) return tl::unexpected(answer.error());
  if (!answer->contains("count") || !(*answer)["count"].is_number_unsigned()) {
    return not_counted("/tokenize");
  }
  return (*answer)["count"].get<std::uint64_t>();
}

}  // namespace spillway::gateway
