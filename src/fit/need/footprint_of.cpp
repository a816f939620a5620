#include "fit/footprint.h"
#include "fit/need/backends.h"

namespace spillway::fit {
Result<Footprint> footprint_of(const Shape& shape, const Use& use) {
  switch (backend_of(shape, use)) {
    case Backend::llama_cpp:
      return shape.architecture == "whisper" ? whisper_cpp_footprint(shape, use)
                                             : llama_cpp_footprint(shape, use);
    case Backend::transformers: return transformers_footprint(shape, use);
    case Backend::onnxruntime: return onnxruntime_footprint(shape, use);
    case Backend::vllm: return vllm_footprint(shape, use);
  }
  return fail(Errc::invalid, "no such back end");
}

}  // namespace spillway::fit
