#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace spillway::context {

/// The tokens of texts that were counted before, by their hash: a conversation sends all its messages again
/// every time, and a server is asked for each but once. Keeps the latest hundred thousand at least, in some
/// 30 MiB at most. Any thread.
class CountCache {
 public:
  /// `server`: whose tokens these are.
  std::optional<std::uint64_t> find(std::string_view server, std::string_view text);
  void add(std::string_view server, std::string_view text, std::uint64_t tokens);

 private:
  /// Two texts of one hash and one length are taken for the same.
  struct Key {
    std::uint64_t text, size, server;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const { return key.text ^ key.server; }
  };
  using Counts = std::unordered_map<Key, std::uint64_t, Hash>;
  static Key key_of(std::string_view server, std::string_view text);

  static constexpr std::size_t kGeneration = 100'000;

  std::mutex mutex_;
  Counts young_, old_;
};

}  // namespace spillway::context
