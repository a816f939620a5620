#pragma once

#include <bit>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "spillway/follow.hpp"

namespace spillway {
inline namespace v0 {

/// Buffers that requests use one after another instead of allocating each. Those that wait for the
/// next request are bounded, and fewer as memory gets short. Any thread. Buffers may outlive it.
class BufferPool {
 public:
  /// One buffer, back in the pool at its end. Movable.
  class Buffer;

  explicit BufferPool(Bytes idle_capacity, Shares shares = kCacheShares)
      : state_(std::make_shared<State>(static_cast<std::size_t>(idle_capacity.count), shares)) {}

  /// Shrinks with the manager's level from now on. The manager must outlive the pool.
  void follow(MemoryManager& manager) {
    following_ = Following(manager, [state = state_](Level level) { state->at(level); });
  }

  /// At least `bytes` long (the next power of two), not cleared. Throws std::bad_alloc.
  Buffer take(std::size_t bytes);

  /// Keeps idle what `level` allows; how much was dropped.
  Bytes at(Level level) { return state_->at(level); }
  /// Drops all that is idle.
  Bytes give() { return state_->shrink(0); }
  Bytes idle() const {
    const std::lock_guard lock(state_->mutex);
    return Bytes(state_->idle_bytes);
  }

 private:
  struct State {
    State(std::size_t idle_capacity, const Shares& by_level)
        : capacity(idle_capacity), shares(by_level), allowed(idle_capacity) {}

    Bytes at(Level level) {
      {
        const std::lock_guard lock(mutex);
        allowed = share_of(capacity, shares, level);
      }
      return shrink(allowed);
    }
    Bytes shrink(std::size_t to) {
      const std::lock_guard lock(mutex);
      const std::size_t before = idle_bytes;
      // The biggest first: the fewest drops for the most bytes.
      while (idle_bytes > to) {
        const auto biggest = std::prev(idle.end());
        idle_bytes -= biggest->first;
        biggest->second.pop_back();
        if (biggest->second.empty()) idle.erase(biggest);
      }
      return Bytes(before - idle_bytes);
    }

    const std::size_t capacity;
    const Shares shares;
    std::mutex mutex;
    std::map<std::size_t, std::vector<std::unique_ptr<std::byte[]>>> idle;  // by size
    std::size_t idle_bytes = 0;
    std::size_t allowed;
  };

  std::shared_ptr<State> state_;
  Following following_;
};

class BufferPool::Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept = default;
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(state_, other.state_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Buffer() {
    if (!data_) return;
    const std::lock_guard lock(state_->mutex);
    if (state_->idle_bytes + size_ > state_->allowed) return;
    state_->idle[size_].push_back(std::move(data_));
    state_->idle_bytes += size_;
  }

  std::byte* data() const { return data_.get(); }
  std::size_t size() const { return size_; }
  std::span<std::byte> bytes() const { return {data_.get(), size_}; }

 private:
  friend class BufferPool;
  Buffer(std::shared_ptr<State> state, std::unique_ptr<std::byte[]> data, std::size_t size)
      : state_(std::move(state)), data_(std::move(data)), size_(size) {}

  std::shared_ptr<State> state_;
  std::unique_ptr<std::byte[]> data_;
  std::size_t size_ = 0;
};

inline BufferPool::Buffer BufferPool::take(std::size_t bytes) {
  const std::size_t size = std::bit_ceil(bytes < 64 ? std::size_t{64} : bytes);
  {
    const std::lock_guard lock(state_->mutex);
    const auto found = state_->idle.find(size);
    if (found != state_->idle.end()) {
      auto data = std::move(found->second.back());
      found->second.pop_back();
      if (found->second.empty()) state_->idle.erase(found);
      state_->idle_bytes -= size;
      return Buffer(state_, std::move(data), size);
    }
  }
  return Buffer(state_, std::unique_ptr<std::byte[]>(new std::byte[size]), size);
}

}  // namespace v0
}  // namespace spillway
