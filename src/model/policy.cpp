#include "model/policy.h"

#include "base/text.h"

namespace spillway {

PoolPolicies usual_pools() {
  PoolPolicy swap;
  swap.worst_rate = 0.8e9;
  return {{"swap", swap}, {"zram", swap}};
}

const PoolPolicy& Policy::of(const PoolId& pool) const {
  for (const auto& [pattern, policy] : pools) {
    if (matches(pattern, pool.text)) return policy;
  }
  return defaults;
}

}  // namespace spillway
