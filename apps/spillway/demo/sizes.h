#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"

namespace spillway {

/// One program of the stack, as the demo needs to know it. The seeds are those in examples/voice.
struct StageSize {
  std::string_view name;
  std::uint64_t seed;
  Bytes weights;
  Duration pace;  // between two requests while people talk
};

/// How big everything is: 1.5 GiB of weights under a limit of 2.25 GiB, and a visitor that wants
/// 1.4 GiB of it; less, in proportion, where the machine has less to spare.
struct Sizes {
  std::array<StageSize, 4> stages;
  Bytes limit, visitor;
  Bytes visitor_per_second;
  Bytes weights() const;
};

inline constexpr double kSmallestScale = 0.1;  // with less there would be nothing to see

/// `available` is what the machine can spare; it must hold the limit and leave a quarter free. At
/// most `largest` of the full size. Errc::unavailable below the smallest scale.
Result<Sizes> sizes_for(Bytes available, double largest);

}  // namespace spillway
