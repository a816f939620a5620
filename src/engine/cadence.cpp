#include "engine/cadence.h"

#include <algorithm>

namespace spillway {
namespace {

/// While a step's effect is awaited: late enough to cost little, soon enough not to overdo.
constexpr Duration kWaiting = 100ms;

Duration time_to_next(const PoolAssessment& pool, const PoolPolicy& policy) {
  const auto headroom = pool.level == Level::shutdown ? pool.free : pool.to_next;
  if (!headroom) return Duration::max();
  const double rate = std::max({pool.growth.value_or(0), policy.worst_rate, 1.0});
  const double left = static_cast<double>(std::max(headroom->count, std::int64_t{0})) / rate;
  return left < 3600 ? from_seconds(left) : 1h;
}

}  // namespace

TimePoint next_look(const Assessment& assessment, const Policy& policy, const Attention& attention,
                    TimePoint now) {
  const CadencePolicy& cadence = policy.cadence;
  Duration wait = cadence.longest;
  for (const PoolAssessment& pool : assessment.pools) {
    wait = std::min(wait, time_to_next(pool, policy.of(pool.pool)));
  }
  if (attention.waiting) wait = std::min(wait, kWaiting);
  if (attention.recent_until > now) wait = std::min(wait, policy.restore.between);
  if (attention.event_until > now) wait = std::min(wait, cadence.after_event);
  return now + std::max(wait, cadence.shortest);
}

}  // namespace spillway
