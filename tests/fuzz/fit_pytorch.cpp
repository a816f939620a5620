// PyTorch's archives, .nemo files, and pickles without an archive around them.

#include "fit/files/pickle.h"
#include "fit/files/pytorch.h"
#include "tests/fuzz/fit.h"

namespace spillway::fuzz {
namespace {

void fit_pytorch(std::string_view bytes) {
  const std::uint8_t choice = take_choice(bytes);
  fit::HeaderReader in = fit::HeaderReader::over(bytes, "model");
  switch (choice % 3) {
    case 0: return check_model(fit::read_pytorch(in));
    case 1: return check_model(fit::read_nemo(in));
    default: {
      const auto tensors = fit::follow_pickle(in);
      for (const fit::PickledTensor& one : tensors) must(one.tensor.bytes >= Bytes{});
    }
  }
}

}  // namespace
}  // namespace spillway::fuzz

SPILLWAY_FUZZ(spillway::fuzz::fit_pytorch)
