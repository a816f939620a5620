#include "capi/callback_scope.h"

namespace spillway {

namespace {

thread_local CallbackScope* t_innermost = nullptr;

}  // namespace

CallbackScope::CallbackScope(const void* manager) : manager_(manager), outer_(t_innermost) {
  t_innermost = this;
}

CallbackScope::~CallbackScope() { t_innermost = outer_; }

bool CallbackScope::inside(const void* manager) {
  for (const CallbackScope* scope = t_innermost; scope != nullptr; scope = scope->outer_) {
    if (scope->manager_ == manager) return true;
  }
  return false;
}

}  // namespace spillway
