#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "fit/shape.h"
#include "tests/fuzz/fuzz.h"

namespace spillway::fuzz {

/// Whatever a header says, what is made of it adds up; what is refused says why.
inline void check_model(const Result<fit::ModelFile>& file) {
  if (!file) return must(!file.error().what.empty() && !file.error().hint.empty());
  for (const fit::Tensor& tensor : file->tensors) must(tensor.bytes >= Bytes{});
  const Result<fit::Shape> shape = fit::shape_of(*file);
  if (!shape) return must(!shape.error().what.empty());
  must(shape->weights >= Bytes{} && shape->padded_weights >= shape->weights);
  must(shape->layers.size() <= 4096);
  Bytes parts = shape->token_embedding + shape->output;
  for (const fit::Layer& layer : shape->layers) {
    must(layer.expert_weights <= layer.weights);
    parts += layer.weights;
  }
  if (shape->encoder) parts += shape->encoder->weights;
  must(parts <= shape->weights);
}

}  // namespace spillway::fuzz
