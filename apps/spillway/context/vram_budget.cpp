#include "context/vram_budget.h"

#include <stdlib.h>

#include <algorithm>

#include "fit/need/inverse.h"
#include "fit/plan/load.h"

namespace spillway {

Result<std::uint64_t> window_in_vram(const std::string& model, fit::Use use, Bytes vram,
                                     double threshold) {
  if (!use.backend) use.backend = fit::Backend::transformers;
  const auto surroundings = fit::surroundings_from([](const char* name) { return ::getenv(name); });
  const auto loaded =
      fit::load_model({model, "", "", use}, fit::ComponentKind::other, surroundings);
  if (!loaded) return tl::unexpected<Error>(loaded.error());
  const fit::Shape& shape = loaded->to_plan.shape;
  const auto tokens = fit::largest_context(shape, use, fit::Where::vram, scaled(vram, threshold));
  if (!tokens) return tokens;
  if (*tokens == 0) {
    return fail(Errc::refused, "the model alone does not fit", model,
                "spillway plan MODEL --vram BYTES says what would");
  }
  const std::uint64_t trained = shape.trained_context;
  return trained > 0 ? std::min(*tokens, trained) : *tokens;
}

}  // namespace spillway
