#pragma once

#include <map>
#include <mutex>
#include <optional>

#include "base/bytes.h"
#include "model/assessment.h"
#include "model/pool.h"

namespace spillway {

/// What is known of one pool beside its present reading. Unknown is absent.
struct PoolUsage {
  std::optional<Bytes> peak_used;
  std::optional<Bytes> allocated, reserved;  // the program's allocator's own figures
  std::optional<Bytes> peak_allocated, peak_reserved;
};

/// Peaks, and the figures of the program's own allocators, which are kept apart from the readings.
/// Any thread.
class UsageBook {
 public:
  void saw(const Assessment& assessment);
  void report(const PoolId& pool, Bytes allocated, Bytes reserved);
  /// All peaks begin again at the present figures.
  void reset_peaks();
  std::map<PoolId, PoolUsage> all() const;

 private:
  struct Entry {
    PoolUsage usage;
    std::optional<Bytes> used;
  };
  mutable std::mutex mutex_;
  std::map<PoolId, Entry> pools_;
};

}  // namespace spillway
