#pragma once

#include <cstdint>

#include "fit/footprint.h"
#include "fit/need/amount.h"

namespace spillway::fit {

/// The type that frameworks compute in, where ggml computes in f32: the wanted precision, else the
/// weights' own type where it is one of 16 bits or more, else f16 (quantised weights are unpacked).
TensorType compute_type(const Shape& shape, const Use& use);
std::uint64_t element_bytes(TensorType type);

/// All weights once they are loaded: converted where a precision was asked for, else as stored.
Amount loaded_weights(const Shape& shape, const Use& use);

/// `part` of the stored weights, converted alike.
Amount loaded_part(const Shape& shape, const Use& use, Bytes part);

}  // namespace spillway::fit
