#include "model/policy.h"

#include "base/text.h"

namespace spillway {

const PoolPolicy& Policy::of(const PoolId& pool) const {
  for (const auto& [pattern, policy] : pools) {
    if (matches(pattern, pool.text)) return policy;
  }
  return defaults;
}

}  // namespace spillway
