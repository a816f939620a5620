#pragma once

#include <optional>
#include <span>
#include <string>

#include "assess/samples.h"
#include "model/assessment.h"

namespace spillway {

/// What the hours say about a pool: constant for two hours is a load, an hour of steady growth that
/// never fell back and went on while nothing worked is a leak. `words` has the numbers.
struct Verdict {
  Shape shape = Shape::unknown;
  std::string words;
};

Verdict long_term(std::span<const Sample> samples, std::optional<Bytes> usable);

}  // namespace spillway
