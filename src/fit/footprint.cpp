#include "fit/footprint.h"

namespace spillway::fit {

Range Footprint::sum(Where where) const {
  Range total;
  for (const Part& part : parts) {
    if (part.where == where) total += part.bytes;
  }
  return total;
}

Range Footprint::sum(Where where, PartKind kind) const {
  Range total;
  for (const Part& part : parts) {
    if (part.where == where && part.kind == kind) total += part.bytes;
  }
  return total;
}

Bytes weights_of(const ModelFile& file) {
  Bytes total;
  for (const Tensor& tensor : file.tensors) total += tensor.bytes;
  return total;
}

Backend backend_of(const Shape& shape, const Use& use) {
  if (use.backend) return *use.backend;
  switch (shape.format) {
    case FileFormat::gguf: return Backend::llama_cpp;
    case FileFormat::onnx: return Backend::onnxruntime;
    case FileFormat::by_hand:
      return layout_of(shape.dtype).block_elements > 1 ? Backend::llama_cpp : Backend::transformers;
    case FileFormat::safetensors:
    case FileFormat::pytorch:
    case FileFormat::config_only: break;
  }
  return Backend::transformers;
}

}  // namespace spillway::fit
