#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "spillway/follow.hpp"

namespace spillway {
inline namespace v0 {

/// A cache bounded by bytes, least recently used first out, that shrinks as memory gets short and
/// may fill again when it is not. Values are shared: one that is dropped while somebody reads it
/// stays until that reader lets go. Any thread.
template <class Key, class Value>
class BoundedCache {
 public:
  using SizeOf = std::function<std::size_t(const Value&)>;

  /// `size_of` says how many bytes a value holds.
  BoundedCache(Bytes capacity, SizeOf size_of, Shares shares = kCacheShares)
      : capacity_(static_cast<std::size_t>(capacity.count)),
        size_of_(std::move(size_of)),
        shares_(shares),
        allowed_(capacity_) {}

  /// Shrinks with the manager's level from now on. The manager must outlive the cache.
  void follow(MemoryManager& manager) {
    following_ = Following(manager, [this](Level level) { at(level); });
  }

  /// False when the value alone is larger than what is allowed now: it is not kept.
  bool put(const Key& key, Value value) {
    const std::size_t size = size_of_(value);
    auto kept = std::make_shared<const Value>(std::move(value));
    const std::lock_guard lock(mutex_);
    erase(key);
    if (size > allowed_) return false;
    order_.push_front({key, std::move(kept), size});
    index_[key] = order_.begin();
    bytes_ += size;
    shrink(allowed_);
    return true;
  }

  /// Null when it is not there.
  std::shared_ptr<const Value> get(const Key& key) {
    const std::lock_guard lock(mutex_);
    const auto found = index_.find(key);
    if (found == index_.end()) return nullptr;
    order_.splice(order_.begin(), order_, found->second);
    return found->second->value;
  }

  /// Holds what `level` allows, and says how much was dropped.
  Bytes at(Level level) {
    const std::lock_guard lock(mutex_);
    allowed_ = share_of(capacity_, shares_, level);
    return shrink(allowed_);
  }
  /// Drops at least `bytes`, or all; how much it was. What a model's `trim` would call.
  Bytes give(Bytes bytes) {
    const std::lock_guard lock(mutex_);
    const auto wanted = static_cast<std::size_t>(bytes.count);
    return shrink(wanted < bytes_ ? bytes_ - wanted : 0);
  }

  Bytes bytes() const {
    const std::lock_guard lock(mutex_);
    return Bytes(bytes_);
  }
  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return order_.size();
  }

 private:
  struct Entry {
    Key key;
    std::shared_ptr<const Value> value;
    std::size_t size;
  };

  void erase(const Key& key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return;
    bytes_ -= found->second->size;
    order_.erase(found->second);
    index_.erase(found);
  }
  Bytes shrink(std::size_t to) {
    const std::size_t before = bytes_;
    while (bytes_ > to) erase(Key(order_.back().key));
    return Bytes(before - bytes_);
  }

  const std::size_t capacity_;
  const SizeOf size_of_;
  const Shares shares_;
  mutable std::mutex mutex_;
  std::list<Entry> order_;  // most recently used first
  std::map<Key, typename std::list<Entry>::iterator> index_;
  std::size_t allowed_;
  std::size_t bytes_ = 0;
  Following following_;  // last: it ends before what it calls
};

}  // namespace v0
}  // namespace spillway
