#pragma once

namespace spillway {

/// Marks the stretch in which this thread is inside a callback of `manager`, for calls that would
/// wait for themselves there. Scopes nest.
class CallbackScope {
 public:
  explicit CallbackScope(const void* manager);
  ~CallbackScope();
  CallbackScope(const CallbackScope&) = delete;
  CallbackScope& operator=(const CallbackScope&) = delete;

  /// Whether this thread is inside a callback of that manager.
  static bool inside(const void* manager);

 private:
  const void* manager_;
  CallbackScope* outer_;
};

}  // namespace spillway
