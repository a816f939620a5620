#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

namespace voice {

/// What a language model keeps of its conversations (the KV cache): grows with every request up to
/// `most` bytes, and nobody but the program itself can say what of it may go. Any thread.
class Cache {
 public:
  explicit Cache(std::size_t most) : most_(most) {}

  void grow(std::size_t bytes) {
    if (bytes == 0) return;
    // Written, or the kernel would not really give the pages.
    auto block = std::make_unique<std::vector<char>>(bytes, 'k');
    {
      const std::lock_guard lock(mutex_);
      bytes_ += block->size();
      blocks_.push_back(std::move(block));
    }
    const std::size_t held = this->bytes();
    if (held > most_) drop(held - most_);
  }

  /// Drops the oldest until `wanted` bytes are free (0: all). Returns what was dropped.
  std::size_t drop(std::size_t wanted) {
    const std::lock_guard lock(mutex_);
    std::size_t dropped = 0;
    while (!blocks_.empty() && (wanted == 0 || dropped < wanted)) {
      dropped += blocks_.front()->size();
      blocks_.pop_front();
    }
    bytes_ -= dropped;
    return dropped;
  }

  std::size_t bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
  }

 private:
  const std::size_t most_;
  mutable std::mutex mutex_;
  std::deque<std::unique_ptr<std::vector<char>>> blocks_;
  std::size_t bytes_ = 0;
};

}  // namespace voice
