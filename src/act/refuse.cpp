#include "act/refuse.h"

#include "act/outcomes.h"

namespace spillway {

bool Refusals::refused(const PoolId& pool) const {
  const std::lock_guard lock(mutex_);
  return pools_.contains(pool);
}

void Refusals::refuse(const PoolId& pool) {
  const std::lock_guard lock(mutex_);
  pools_.insert(pool);
}

void Refusals::lift(const PoolId& pool) {
  const std::lock_guard lock(mutex_);
  pools_.erase(pool);
}

Outcome RefuseAction::run(const Step& step, const Tenant&, TimePoint) {
  if (step.direction == Direction::give) {
    refusals_->refuse(step.pool);
  } else {
    refusals_->lift(step.pool);
  }
  return done(step);
}

}  // namespace spillway
