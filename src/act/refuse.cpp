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

void Refusals::lift_where_over(const Assessment& assessment) {
  const std::lock_guard lock(mutex_);
  std::erase_if(pools_, [&](const PoolId& pool) {
    const PoolAssessment* now = assessment.find(pool);
    return now == nullptr || now->level < Level::shutdown;
  });
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
