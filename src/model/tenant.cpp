#include "model/tenant.h"

namespace spillway {

Bytes Tenant::held_in(const PoolId& pool) const {
  Bytes sum;
  for (const PoolChange& hold : holds) {
    if (hold.pool == pool) sum += hold.delta;
  }
  return sum;
}

}  // namespace spillway
