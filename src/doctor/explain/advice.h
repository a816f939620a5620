#pragma once

#include <optional>
#include <string>

#include "doctor/finding.h"

namespace spillway::doctor {

/// What a measure would change, computed elsewhere: handed in, so that no figure is invented here. One thread
/// at a time; may read files.
class Predictor {
 public:
  enum class Measure {
    half_precision,
    smaller_model,
    quantised_cache,
    shorter_context,
    smaller_batch,
    fewer_layers
  };
  struct Effect {
    Bytes freed;  // on the device
    std::string
        what;  // "a context of 4096 tokens instead of 8192"; empty: as the measure is called
  };

  virtual ~Predictor() = default;
  /// nullopt: not known.
  virtual std::optional<Effect> effect(const Finding& finding, Measure measure) = 0;
  /// Tokens at which the model that this finding tells of fills the device by itself.
  virtual std::optional<std::int64_t> token_limit(const Finding& finding) = 0;
};

/// What would have helped, most direct first, each with its predicted effect where one is known.
void advise(Finding& finding, Predictor* predictor);

}  // namespace spillway::doctor
