// ONNX's protobuf: read or refused, and what is read adds up.

#include "fit/files/onnx.h"
#include "tests/fuzz/fit.h"

namespace spillway::fuzz {
namespace {

void fit_onnx(std::string_view bytes) {
  fit::HeaderReader in = fit::HeaderReader::over(bytes, "model");
  check_model(fit::read_onnx(in));
}

}  // namespace
}  // namespace spillway::fuzz

SPILLWAY_FUZZ(spillway::fuzz::fit_onnx)
