#include "fit/need/precision.h"

namespace spillway::fit {
namespace {

bool computes(TensorType type) {
  return type == TensorType::f64 || type == TensorType::f32 || type == TensorType::f16 ||
         type == TensorType::bf16;
}

// How many numbers there are, from the bytes where the file does not say.
Amount numbers(const Shape& shape) {
  if (shape.parameters > 0) return shape.parameters;
  const TypeLayout& layout = layout_of(shape.dtype);
  return Amount{shape.weights}.times(8.0 * layout.block_elements / layout.block_bits);
}

}  // namespace

TensorType compute_type(const Shape& shape, const Use& use) {
  if (use.precision && computes(*use.precision)) return *use.precision;
  return computes(shape.dtype) ? shape.dtype : TensorType::f16;
}

std::uint64_t element_bytes(TensorType type) { return stored_bytes(type, 1).value_or(1); }

Amount loaded_weights(const Shape& shape, const Use& use) {
  if (use.precision) {
    return Amount{stored_bytes(*use.precision, numbers(shape).count).value_or(Amount::kMost)};
  }
  // Only ggml computes with ggml's blocks; others unpack them as they load.
  const bool unpacked = shape.format == FileFormat::gguf && !computes(shape.dtype);
  return unpacked ? numbers(shape) * element_bytes(compute_type(shape, use))
                  : Amount{shape.weights};
}

Amount loaded_part(const Shape& shape, const Use& use, Bytes part) {
  return loaded_weights(shape, use).times(ratio(part, shape.weights));
}

}  // namespace spillway::fit
