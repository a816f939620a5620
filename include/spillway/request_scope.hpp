#pragma once

#include <exception>
#include <functional>
#include <memory_resource>
#include <utility>
#include <vector>

#include "spillway/manager.hpp"

namespace spillway {
inline namespace v0 {

/// The memory of one request: whatever is allocated from it, and whatever was put under its care,
/// is given back at its end, also when the request failed. Under pressure the process's allocators
/// are trimmed after it. One thread. Use as
///     RequestScope scope(manager);
///     std::pmr::vector<float> samples(scope.memory());
class RequestScope {
 public:
  /// Without a manager it only gives back.
  RequestScope() = default;
  explicit RequestScope(MemoryManager& manager) : manager_(&manager) {}
  RequestScope(const RequestScope&) = delete;
  RequestScope& operator=(const RequestScope&) = delete;

  ~RequestScope() {
    while (!cleanups_.empty()) {  // the last first; one that throws costs the others nothing
      const auto cleanup = std::move(cleanups_.back());
      cleanups_.pop_back();
      try {
        cleanup();
      } catch (...) {
      }
    }
    arena_.release();
    if (manager_ == nullptr || manager_->level() == Level::normal) return;
    try {
      manager_->trim();
    } catch (...) {  // a trim that failed is no reason to end the request with an exception
    }
  }

  /// For std::pmr containers; all of it is freed at once at the end.
  std::pmr::memory_resource* memory() { return &arena_; }
  /// Called at the end.
  void at_end(std::function<void()> cleanup) { cleanups_.push_back(std::move(cleanup)); }

 private:
  MemoryManager* manager_ = nullptr;
  std::pmr::monotonic_buffer_resource arena_;
  std::vector<std::function<void()>> cleanups_;
};

}  // namespace v0
}  // namespace spillway
