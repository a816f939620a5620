// safetensors headers: read or refused, and what is read adds up.

#include "fit/files/safetensors.h"
#include "tests/fuzz/fit.h"

namespace spillway::fuzz {
namespace {

void fit_safetensors(std::string_view bytes) {
  fit::HeaderReader in = fit::HeaderReader::over(bytes, "model");
  check_model(fit::read_safetensors(in));
}

}  // namespace
}  // namespace spillway::fuzz

SPILLWAY_FUZZ(spillway::fuzz::fit_safetensors)
