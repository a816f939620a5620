#include "model/assessment.h"

#include <algorithm>

namespace spillway {

std::string_view name(Cause cause) {
  switch (cause) {
    case Cause::none: return "none";
    case Cause::threshold: return "threshold";
    case Cause::floor: return "floor";
    case Cause::stall: return "stall";
    case Cause::forecast: return "forecast";
    case Cause::held: return "held";
  }
  return "none";
}

std::string_view name(Shape shape) {
  switch (shape) {
    case Shape::unknown: return "unknown";
    case Shape::load: return "load";
    case Shape::leak: return "leak";
    case Shape::burst: return "burst";
  }
  return "unknown";
}

const PoolAssessment* Assessment::find(const PoolId& pool) const {
  const auto found =
      std::lower_bound(pools.begin(), pools.end(), pool,
                       [](const PoolAssessment& a, const PoolId& p) { return a.pool < p; });
  return found != pools.end() && found->pool == pool ? &*found : nullptr;
}

}  // namespace spillway
