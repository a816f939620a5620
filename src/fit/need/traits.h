#pragma once

#include <cstdint>
#include <string_view>

namespace spillway::fit {

/// In what an architecture's code in transformers (src/transformers/models/*/modeling_*.py) differs
/// from Llama's, as far as memory at the peak goes.
struct Traits {
  std::string_view architecture;
  std::uint64_t wide_rows = 3;  // arrays of feed-forward width alive at once: gate, up, product
  bool joint_qkv = false;       // q, k and v are slices of one array, which so lives on
  bool head_norm = false;       // q and k are normalised per head, in f32
  // Arrays of scores at once where they stay in the model's own type; 0: their softmax is in f32.
  std::uint64_t own_type_scores = 0;
};

const Traits& traits_of(std::string_view architecture);

}  // namespace spillway::fit
