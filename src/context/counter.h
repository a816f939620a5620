#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "context/conversation.h"
#include "context/count_cache.h"

namespace spillway::context {

/// How many tokens messages are, at most. One thread at a time.
class Counter {
 public:
  virtual ~Counter() = default;

  /// Of one message, or of the tools; `raw` is its JSON.
  virtual Result<std::uint64_t> tokens(const Value& value) = 0;
  /// Whether tokens() only guide, and whole() proves; else the sum of tokens() is an upper bound.
  virtual bool counts_whole() const = 0;
  /// The server's own count of a whole request body or array of messages.
  virtual Result<std::uint64_t> whole(std::string_view text) = 0;
};

/// Every byte of the compact JSON is one token: an upper bound for byte-level BPE and for SentencePiece
/// with byte fallback, whose tokens are at least a byte long each, as long as the template adds no more
/// per message than the JSON around its text has bytes ({"role":"","content":""} has 24).
class ByteCounter final : public Counter {
 public:
  Result<std::uint64_t> tokens(const Value& value) override { return value.compact; }
  bool counts_whole() const override { return false; }
  Result<std::uint64_t> whole(std::string_view) override { return 0; }
};

/// What a server says, asked once per message and once per request that is about to leave.
class ServerCounter final : public Counter {
 public:
  using Tokenize = std::function<Result<std::uint64_t>(std::string_view text)>;

  /// one(text): the tokens of a text; all(body): of a rendered conversation. `server`: which, for the
  /// cache, which outlives the counter.
  ServerCounter(Tokenize one, Tokenize all, CountCache& cache, std::string server = {})
      : one_(std::move(one)), all_(std::move(all)), cache_(cache), server_(std::move(server)) {}
  Result<std::uint64_t> tokens(const Value& value) override;
  bool counts_whole() const override { return true; }
  Result<std::uint64_t> whole(std::string_view text) override { return all_(text); }

 private:
  Tokenize one_, all_;
  CountCache& cache_;
  const std::string server_;
};

}  // namespace spillway::context
