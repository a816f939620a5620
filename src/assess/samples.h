#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"

namespace spillway {

/// How full a pool was at one moment.
struct Sample {
  TimePoint at;
  Bytes used;
  bool in_use = false;  // some tenant worked since the sample before
};

/// A bounded memory of samples at least `distance` apart. When it is full every other sample is
/// dropped and the distance doubles, up to `longest`; from then on the oldest goes. So hours take
/// no more room than minutes.
class Thinned {
 public:
  Thinned(std::size_t capacity, Duration distance, Duration longest)
      : capacity_(capacity), distance_(distance), longest_(longest) {}

  bool wants(TimePoint at) const {
    return samples_.empty() || at - samples_.back().at >= distance_;
  }
  /// Only when wants(sample.at).
  void add(const Sample& sample);
  void clear() { samples_.clear(); }
  std::span<const Sample> samples() const { return samples_; }

 private:
  std::size_t capacity_;
  Duration distance_;
  Duration longest_;
  std::vector<Sample> samples_;  // oldest first
};

}  // namespace spillway
