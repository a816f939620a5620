#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fit/footprint.h"
#include "fit/need/amount.h"

namespace spillway::fit {

/// What a PyTorch decoder holds, beside weights and cache, at the moments when it holds most.
/// Derived from the code (modeling_qwen2.py and its like; softmax in aten/src/ATen/native/SoftMax.cpp)
/// by following which arrays are still referenced: nothing here is fitted.
struct Moment {
  const char* name;
  Amount bytes;
  std::string formula;
  Amount least = kSame;  // what older code holds, where it is much less

  static constexpr Amount kSame = Amount::kMost;
};

struct Batch {
  std::uint64_t sequences = 1;
  std::uint64_t tokens = 0;  // of each
};

/// Bytes per head and pair of tokens while eager attention normalises its scores. In bf16 the scores
/// (2) live beside their f32 copy (4) and its softmax (4); f16 has a kernel that reads 16 bits and
/// writes 32, and then lives beside its rounding; f32 needs no copy. Code that asks for no f32 keeps
/// `own_type_arrays` of its own type (Traits).
std::uint64_t score_bytes(TensorType type, std::uint64_t own_type_arrays = 0);

/// Bytes of a layer's scores where they are held whole: in eager attention, and in the math kernel
/// that f32 with grouped heads falls back to. 0: they are not.
Amount scores_held(const Shape& shape, const Use& use, const Batch& batch);

/// The bytes of K and V per token as DynamicCache keeps them.
Amount cache_row(const Layer& layer, TensorType type);

std::vector<Moment> moments(const Shape& shape, const Use& use, const Batch& batch);

/// The largest of `all`; a moment of nothing where there are none.
Moment widest(const std::vector<Moment>& all);

}  // namespace spillway::fit
