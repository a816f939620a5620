#pragma once

#include <functional>
#include <optional>

#include "doctor/finding.h"

namespace spillway::doctor {

/// What a measure would change, computed elsewhere: handed in, so that no figure is invented here.
struct Predictor {
  enum class Measure {
    half_precision,
    quantised_cache,
    shorter_context,
    smaller_batch,
    fewer_layers
  };
  /// Bytes that the measure would free on the device; nullopt: not known.
  std::function<std::optional<Bytes>(const Finding&, Measure)> effect;
  /// Tokens at which the model of this workload fills the device.
  std::function<std::optional<std::int64_t>(const Workload&)> token_limit;
};

/// What would have helped, most direct first, each with its predicted effect where one is known.
void advise(Finding& finding, const Predictor& predictor);

}  // namespace spillway::doctor
