#include "capi/usage_book.h"

#include <algorithm>

namespace spillway {

namespace {

void raise(std::optional<Bytes>& peak, Bytes value) {
  peak = peak ? std::max(*peak, value) : value;
}

}  // namespace

void UsageBook::saw(const Assessment& assessment) {
  const std::lock_guard lock(mutex_);
  for (const PoolAssessment& pool : assessment.pools) {
    if (!pool.used) continue;
    Entry& entry = pools_[pool.pool];
    entry.used = pool.used;
    raise(entry.usage.peak_used, *pool.used);
  }
}

void UsageBook::report(const PoolId& pool, Bytes allocated, Bytes reserved) {
  const std::lock_guard lock(mutex_);
  PoolUsage& usage = pools_[pool].usage;
  usage.allocated = allocated;
  usage.reserved = reserved;
  raise(usage.peak_allocated, allocated);
  raise(usage.peak_reserved, reserved);
}

void UsageBook::reset_peaks() {
  const std::lock_guard lock(mutex_);
  for (auto& [pool, entry] : pools_) {
    entry.usage.peak_used = entry.used;
    entry.usage.peak_allocated = entry.usage.allocated;
    entry.usage.peak_reserved = entry.usage.reserved;
  }
}

std::map<PoolId, PoolUsage> UsageBook::all() const {
  const std::lock_guard lock(mutex_);
  std::map<PoolId, PoolUsage> out;
  for (const auto& [pool, entry] : pools_) out.emplace(pool, entry.usage);
  return out;
}

}  // namespace spillway
