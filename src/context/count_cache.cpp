#include "context/count_cache.h"

#include <utility>

#include "context/edits.h"

namespace spillway::context {

CountCache::Key CountCache::key_of(std::string_view server, std::string_view text) {
  return {identity_of(text), text.size(), identity_of(server)};
}

std::optional<std::uint64_t> CountCache::find(std::string_view server, std::string_view text) {
  const Key key = key_of(server, text);
  const std::lock_guard lock(mutex_);
  if (const auto young = young_.find(key); young != young_.end()) return young->second;
  const auto old = old_.find(key);
  if (old == old_.end()) return std::nullopt;
  return young_.emplace(key, old->second).first->second;
}

void CountCache::add(std::string_view server, std::string_view text, std::uint64_t tokens) {
  const Key key = key_of(server, text);
  const std::lock_guard lock(mutex_);
  if (young_.size() >= kGeneration) old_ = std::exchange(young_, {});
  young_.emplace(key, tokens);
}

}  // namespace spillway::context
