#pragma once

#include <cstdint>

#include "fit/footprint.h"

namespace spillway::fit {

/// Under which figure the peak has to stay.
enum class Bound : std::uint8_t {
  high,           // sure to fit
  likely,         // as it is going to look from outside
  until_failure,  // likely, less what the framework gives back before it fails
};

/// The peak there, by that bound.
Bytes peak_of(const Footprint& footprint, Where where, Bound bound);

constexpr std::uint64_t kLongestContext = std::uint64_t{1} << 32;
constexpr double kLongestAudio = 7 * 24 * 3600;

/// The most tokens with which `shape`, run like `use` otherwise, stays at or under `limit` by what
/// `need` says; 0 where
/// not even one token does, kLongestContext where nothing grows with them. Pure; about 60 footprints.
/// Errors: what footprint_of() says for one token.
Result<std::uint64_t> largest_context(const Shape& shape, const Use& use, Where where, Bytes limit,
                                      Bound bound = Bound::high,
                                      const FootprintOf& need = footprint_of);

/// The longest input in seconds, to a tenth; 0 where not even that fits, kLongestAudio where nothing
/// grows with it (whisper reads 30 s at a time).
/// Errors: invalid for a model without an audio encoder; what footprint_of() says for 0.1 s.
Result<double> largest_audio_seconds(const Shape& shape, const Use& use, Where where, Bytes limit,
                                     Bound bound = Bound::high,
                                     const FootprintOf& need = footprint_of);

}  // namespace spillway::fit
