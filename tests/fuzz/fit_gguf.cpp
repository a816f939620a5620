// GGUF headers, versions 2 and 3: read or refused, and what is read adds up.

#include "fit/files/gguf.h"
#include "tests/fuzz/fit.h"

namespace spillway::fuzz {
namespace {

void fit_gguf(std::string_view bytes) {
  fit::HeaderReader in = fit::HeaderReader::over(bytes, "model");
  check_model(fit::read_gguf(in));
}

}  // namespace
}  // namespace spillway::fuzz

SPILLWAY_FUZZ(spillway::fuzz::fit_gguf)
