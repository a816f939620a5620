#include "fit/footprint.h"
#include "fit/need/backends.h"

namespace spillway::fit {
namespace {

Backend usual_backend(FileFormat format) {
  switch (format) {
    case FileFormat::gguf: return Backend::llama_cpp;
    case FileFormat::onnx: return Backend::onnxruntime;
    case FileFormat::safetensors:
    case FileFormat::pytorch:
    case FileFormat::config_only:
    case FileFormat::by_hand: return Backend::transformers;
  }
  return Backend::transformers;
}

}  // namespace

Result<Footprint> footprint_of(const Shape& shape, const Use& use) {
  switch (use.backend.value_or(usual_backend(shape.format))) {
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
