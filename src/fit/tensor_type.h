#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"

namespace spillway::fit {

/// How the numbers of a tensor are stored: ggml's types, and those of safetensors, PyTorch and ONNX.
/// A type of the same layout has one name here whatever the file calls it (F16, float16, half).
enum class TensorType : std::uint8_t {
  // clang-format off
  f64, f32, f16, bf16, f8_e4m3, f8_e5m2, f8_e8m0, f6_e2m3, f6_e3m2, f4_e2m1, complex64, complex128,
  i64, i32, i16, i8, i4, i2, u64, u32, u16, u8, u4, u2, boolean,
  q1_0, q2_0, q4_0, q4_1, q5_0, q5_1, q8_0, q8_1, q2_k, q3_k, q4_k, q5_k, q6_k, q8_k,
  iq1_s, iq1_m, iq2_xxs, iq2_xs, iq2_s, iq3_xxs, iq3_s, iq4_nl, iq4_xs, tq1_0, tq2_0, mxfp4, nvfp4,
  // clang-format on
};

/// `block_elements` numbers are stored together in `block_bits` bits.
struct TypeLayout {
  TensorType type;
  std::string_view name;  // "Q4_K", as ggml and safetensors write it
  std::uint32_t block_elements;
  std::uint32_t block_bits;
};

const TypeLayout& layout_of(TensorType type);
std::span<const TypeLayout> all_layouts();

/// "f16", "float16", "half", "Q8_0", "int8" ...: a name as a person or a file writes it, in any case.
std::optional<TensorType> find_tensor_type(std::string_view name);

/// Bytes of `elements` numbers: whole blocks for block types, rounded up to a byte for others.
/// Nothing when the product is beyond 2^62.
std::optional<std::uint64_t> stored_bytes(TensorType type, std::uint64_t elements);

}  // namespace spillway::fit
