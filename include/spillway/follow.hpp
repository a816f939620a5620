#pragma once

#include <array>
#include <cstddef>
#include <utility>

#include "spillway/manager.hpp"

namespace spillway {
inline namespace v0 {

/// Calls `fn(Level)` at every change of the overall level for as long as it lives; at once with the
/// present one. The MemoryManager must outlive it. `fn` comes on the manager's callback thread.
class Following {
 public:
  Following() = default;
  template <class F>
  Following(MemoryManager& manager, F fn) : manager_(&manager) {
    fn(manager.level());
    id_ =
        manager.on_change([fn = std::move(fn)](Level level, const Status&) mutable { fn(level); });
  }
  Following(Following&& other) noexcept { *this = std::move(other); }
  Following& operator=(Following&& other) noexcept {
    std::swap(manager_, other.manager_);
    std::swap(id_, other.id_);
    return *this;
  }
  ~Following() {
    if (manager_ != nullptr) manager_->off(id_);
  }

 private:
  MemoryManager* manager_ = nullptr;
  int id_ = 0;
};

/// How much of its capacity a cache may use at each level, from normal to shutdown.
using Shares = std::array<double, 5>;
inline constexpr Shares kCacheShares{1.0, 0.5, 0.25, 0.0, 0.0};

constexpr std::size_t share_of(std::size_t capacity, const Shares& shares, Level level) {
  return static_cast<std::size_t>(static_cast<double>(capacity) *
                                  shares[static_cast<std::size_t>(level)]);
}

}  // namespace v0
}  // namespace spillway
