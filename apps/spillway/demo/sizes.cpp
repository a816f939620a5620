#include "demo/sizes.h"

#include <algorithm>

namespace spillway {
namespace {

/// Whole MiB, so that the figures on the screen read well.
Bytes whole_mib(Bytes full, double scale) { return {scaled(full, scale).count >> 20 << 20}; }

}  // namespace

Bytes Sizes::weights() const {
  Bytes sum;
  for (const StageSize& stage : stages) sum += stage.weights;
  return sum;
}

Result<Sizes> sizes_for(Bytes available, double largest) {
  constexpr Bytes kLimit = 2304_MiB;
  const double scale = std::min(largest, 0.75 * ratio(available, kLimit));
  if (scale < kSmallestScale) {
    return fail(Errc::unavailable, "only " + to_string(available) + " of RAM are available", {},
                "the demo needs 310 MiB at least; close something first");
  }
  return Sizes{.stages = {{{"vad", 1, whole_mib(32_MiB, scale), 100ms},
                           {"stt", 2, whole_mib(448_MiB, scale), 150ms},
                           {"tts", 3, whole_mib(320_MiB, scale), 200ms},
                           {"llm", 4, whole_mib(704_MiB, scale), 150ms}}},
               .limit = whole_mib(kLimit, scale),
               .visitor = whole_mib(1400_MiB, scale),
               .visitor_per_second = whole_mib(300_MiB, scale)};
}

}  // namespace spillway
