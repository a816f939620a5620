#pragma once

#include <map>
#include <string>

#include "doctor/explain/advice.h"
#include "fit/files/open_model.h"
#include "fit/plan/load.h"

namespace spillway {

/// src/fit as the doctor's predictor. It knows a model by its file or by its name in a cache on this machine,
/// as the log names them; where neither is here the figures that the server printed of its attention tell what a
/// cache would save, and nothing else is said. Reads headers of models.
class Prediction final : public doctor::Predictor {
 public:
  explicit Prediction(fit::Surroundings surroundings) : surroundings_(std::move(surroundings)) {}

  std::optional<Effect> effect(const doctor::Finding& finding, Measure measure) override;
  std::optional<std::int64_t> token_limit(const doctor::Finding& finding) override;

 private:
  const fit::LoadedModel* known(const std::string& model);

  fit::Surroundings surroundings_;
  std::map<std::string, std::optional<fit::LoadedModel>> models_;
};

}  // namespace spillway
