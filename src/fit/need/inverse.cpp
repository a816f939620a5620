#include "fit/need/inverse.h"

namespace spillway::fit {
namespace {

/// The largest n up to `most` with which `with(n)` fits. Needs grow with n, so halving finds it; a
/// footprint that is refused past some n does not fit either.
template <class With>
Result<std::uint64_t> largest(std::uint64_t most, const Shape& shape, With with, Where where,
                              Bytes limit, Bound bound, const FootprintOf& need) {
  const auto fits = [&](std::uint64_t n) {
    const Result<Footprint> footprint = need(shape, with(n));
    return footprint && peak_of(*footprint, where, bound) <= limit;
  };
  if (const Result<Footprint> least = need(shape, with(1)); !least) {
    return tl::unexpected(least.error());
  }
  if (!fits(1)) return 0;
  if (fits(most)) return most;
  std::uint64_t good = 1, bad = most;
  while (bad - good > 1) {
    const std::uint64_t middle = good + (bad - good) / 2;
    (fits(middle) ? good : bad) = middle;
  }
  return good;
}

}  // namespace

Bytes peak_of(const Footprint& footprint, Where where, Bound bound) {
  const Range sum = footprint.sum(where);
  if (bound == Bound::high) return sum.high;
  Bytes peak = sum.likely;
  if (bound == Bound::likely) return peak;
  for (const Part& part : footprint.parts) {
    if (part.where == where && part.returnable) peak -= part.bytes.likely;
  }
  return peak;
}

Result<std::uint64_t> largest_context(const Shape& shape, const Use& use, Where where, Bytes limit,
                                      Bound bound, const FootprintOf& need) {
  const auto with = [&use](std::uint64_t tokens) {
    Use longer = use;
    longer.context = tokens;
    return longer;
  };
  return largest(kLongestContext, shape, with, where, limit, bound, need);
}

Result<double> largest_audio_seconds(const Shape& shape, const Use& use, Where where, Bytes limit,
                                     Bound bound, const FootprintOf& need) {
  if (!shape.encoder || shape.encoder->positions_per_second <= 0) {
    return fail(Errc::invalid, "a model without an audio encoder", shape.name,
                "--context for a model that reads text");
  }
  constexpr double kStep = 0.1;
  const auto with = [&use](std::uint64_t steps) {
    Use longer = use;
    longer.audio_seconds = static_cast<double>(steps) * kStep;
    return longer;
  };
  return largest(static_cast<std::uint64_t>(kLongestAudio / kStep), shape, with, where, limit,
                 bound, need)
      .map([](std::uint64_t steps) { return static_cast<double>(steps) * kStep; });
}

}  // namespace spillway::fit
