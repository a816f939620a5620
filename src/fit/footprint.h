#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "fit/shape.h"
#include "fit/use.h"

namespace spillway::fit {

/// Where a figure comes from; of several the least sure one counts.
enum class Origin : std::uint8_t { exact, formula, calibrated, guess };

/// An amount with its bounds: low <= likely <= high. Of an exact one all three are the same.
struct Range {
  Bytes low, likely, high;

  friend constexpr bool operator==(const Range&, const Range&) = default;
  friend constexpr Range operator+(const Range& a, const Range& b) {
    return {a.low + b.low, a.likely + b.likely, a.high + b.high};
  }
  constexpr Range& operator+=(const Range& b) { return *this = *this + b; }
};

constexpr Range exactly(Bytes bytes) { return {bytes, bytes, bytes}; }

enum class PartKind : std::uint8_t { weights, kv, compute, overhead };
enum class Where : std::uint8_t { vram, ram };

/// One line of the sum: what, how much, where, and how it was reckoned.
struct Part {
  PartKind kind = PartKind::weights;
  Where where = Where::vram;
  std::string name;  // "token embedding", "KV cache, 5 full layers" ...
  Range bytes;
  Origin origin = Origin::formula;
  std::string formula;      // "36 layers x 4096 cells x 2 x 2 heads x 128 x 2 B", or the reference
  bool returnable = false;  // the framework gives it back before it fails for want of memory
};

/// What a model needs at its peak. Overhead is everything that the framework's allocator does not
/// count: likely peak less likely overhead is what torch.cuda.max_memory_allocated would say.
struct Footprint {
  std::vector<Part> parts;

  Range sum(Where where) const;  // the peak there
  Range sum(Where where, PartKind kind) const;
};

/// Who runs it where nobody said: by the file's format, and llama.cpp where only the numbers are known and
/// their type is one of ggml's blocks.
Backend backend_of(const Shape& shape, const Use& use);

/// Adds up what running a model of this shape that way needs. Pure.
/// Errors: invalid (a cache type that the back end has not, more slots than context ...), with what
/// to say instead.
Result<Footprint> footprint_of(const Shape& shape, const Use& use);

/// That, or what stands in for it: with what measured runs have taught, or a test's own.
using FootprintOf = std::function<Result<Footprint>(const Shape&, const Use&)>;

}  // namespace spillway::fit
