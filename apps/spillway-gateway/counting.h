#pragma once

#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>

#include "context/counter.h"
#include "servers.h"

namespace spillway::gateway {

/// Token counts of messages that were counted before, by the message's hash: a conversation sends all
/// of its messages again every time. Any thread.
class CountCache {
 public:
  std::optional<std::uint64_t> find(const std::string& key);
  void add(std::string key, std::uint64_t tokens);

 private:
  static constexpr std::size_t kMost = 200'000;  // some 20 MiB

  std::mutex mutex_;
  std::unordered_map<std::string, std::uint64_t> counts_, older_;
};

/// What a server answers to a POST of JSON; blocks.
using Post = std::function<Result<std::string>(std::string target, std::string body)>;

/// Counts as the server does that answers `post`:
///   llama-server: POST /apply-template {messages, tools}, POST /tokenize {content, add_special, parse_special}
///   vLLM: POST /tokenize {model, messages, tools, add_generation_prompt}
/// One thread at a time. Errors: those of `post`; unavailable, for an answer that is none.
class UpstreamCounter final : public context::Counter {
 public:
  UpstreamCounter(const ServerFacts& facts, Post post, CountCache& cache)
      : facts_(facts), post_(std::move(post)), cache_(cache) {}

  /// Of one message, without what the template puts around it.
  Result<std::uint64_t> tokens(const context::Value& value) override;
  bool counts_whole() const override { return true; }
  Result<std::uint64_t> whole(std::string_view body) override;

 private:
  Result<std::uint64_t> tokens_of_text(std::string_view text);
  Result<std::uint64_t> tokens_of_prompt(const std::string& prompt);

  const ServerFacts& facts_;
  Post post_;
  CountCache& cache_;
};

}  // namespace spillway::gateway
