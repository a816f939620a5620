#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

namespace spillway {
inline namespace v0 {

/// The last few of something, first in first out: a conversation's turns that must not grow for
/// ever. One thread at a time.
template <class T>
class HistoryLimit {
 public:
  explicit HistoryLimit(std::size_t most = 5) : most_(most) {}

  /// What had to go for it; with a limit of 0 that is the new one itself.
  std::optional<T> push(T item) {
    items_.push_back(std::move(item));
    if (items_.size() <= most_) return std::nullopt;
    T oldest = std::move(items_.front());
    items_.pop_front();
    return oldest;
  }
  /// Fewer from now on; the oldest go.
  void limit(std::size_t most) {
    most_ = most;
    while (items_.size() > most_) items_.pop_front();
  }
  std::size_t limit() const { return most_; }
  const std::deque<T>& items() const { return items_; }  // oldest first
  void clear() { items_.clear(); }

 private:
  std::size_t most_;
  std::deque<T> items_;
};

}  // namespace v0
}  // namespace spillway
