#include "fit/tensor_type.h"

#include <array>
#include <cstddef>

namespace spillway::fit {
namespace {

using enum TensorType;

// ggml's blocks: ggml/src/ggml-common.h of llama.cpp. The others: safetensors' README, onnx.proto.
constexpr std::array kLayouts = {
    TypeLayout{f64, "F64", 1, 64},
    TypeLayout{f32, "F32", 1, 32},
    TypeLayout{f16, "F16", 1, 16},
    TypeLayout{bf16, "BF16", 1, 16},
    TypeLayout{f8_e4m3, "F8_E4M3", 1, 8},
    TypeLayout{f8_e5m2, "F8_E5M2", 1, 8},
    TypeLayout{f8_e8m0, "F8_E8M0", 1, 8},
    TypeLayout{f6_e2m3, "F6_E2M3", 1, 6},
    TypeLayout{f6_e3m2, "F6_E3M2", 1, 6},
    TypeLayout{f4_e2m1, "F4", 1, 4},
    TypeLayout{complex64, "C64", 1, 64},
    TypeLayout{complex128, "C128", 1, 128},
    TypeLayout{i64, "I64", 1, 64},
    TypeLayout{i32, "I32", 1, 32},
    TypeLayout{i16, "I16", 1, 16},
    TypeLayout{i8, "I8", 1, 8},
    TypeLayout{i4, "I4", 1, 4},
    TypeLayout{i2, "I2", 1, 2},
    TypeLayout{u64, "U64", 1, 64},
    TypeLayout{u32, "U32", 1, 32},
    TypeLayout{u16, "U16", 1, 16},
    TypeLayout{u8, "U8", 1, 8},
    TypeLayout{u4, "U4", 1, 4},
    TypeLayout{u2, "U2", 1, 2},
    TypeLayout{boolean, "BOOL", 1, 8},
    TypeLayout{q1_0, "Q1_0", 128, 18 * 8},
    TypeLayout{q2_0, "Q2_0", 64, 18 * 8},
    TypeLayout{q4_0, "Q4_0", 32, 18 * 8},
    TypeLayout{q4_1, "Q4_1", 32, 20 * 8},
    TypeLayout{q5_0, "Q5_0", 32, 22 * 8},
    TypeLayout{q5_1, "Q5_1", 32, 24 * 8},
    TypeLayout{q8_0, "Q8_0", 32, 34 * 8},
    TypeLayout{q8_1, "Q8_1", 32, 36 * 8},
    TypeLayout{q2_k, "Q2_K", 256, 84 * 8},
    TypeLayout{q3_k, "Q3_K", 256, 110 * 8},
    TypeLayout{q4_k, "Q4_K", 256, 144 * 8},
    TypeLayout{q5_k, "Q5_K", 256, 176 * 8},
    TypeLayout{q6_k, "Q6_K", 256, 210 * 8},
    TypeLayout{q8_k, "Q8_K", 256, 292 * 8},
    TypeLayout{iq1_s, "IQ1_S", 256, 50 * 8},
    TypeLayout{iq1_m, "IQ1_M", 256, 56 * 8},
    TypeLayout{iq2_xxs, "IQ2_XXS", 256, 66 * 8},
    TypeLayout{iq2_xs, "IQ2_XS", 256, 74 * 8},
    TypeLayout{iq2_s, "IQ2_S", 256, 82 * 8},
    TypeLayout{iq3_xxs, "IQ3_XXS", 256, 98 * 8},
    TypeLayout{iq3_s, "IQ3_S", 256, 110 * 8},
    TypeLayout{iq4_nl, "IQ4_NL", 32, 18 * 8},
    TypeLayout{iq4_xs, "IQ4_XS", 256, 136 * 8},
    TypeLayout{tq1_0, "TQ1_0", 256, 54 * 8},
    TypeLayout{tq2_0, "TQ2_0", 256, 66 * 8},
    TypeLayout{mxfp4, "MXFP4", 32, 17 * 8},
    TypeLayout{nvfp4, "NVFP4", 64, 36 * 8},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kLayouts.size(); ++i) {
    if (static_cast<std::size_t>(kLayouts[i].type) != i) return false;
  }
  return true;
}
static_assert(in_order() && kLayouts.size() == static_cast<std::size_t>(nvfp4) + 1);

struct Alias {
  std::string_view name;
  TensorType type;
};
constexpr std::array kAliases = {
    Alias{"float64", f64},
    Alias{"double", f64},
    Alias{"fp64", f64},
    Alias{"float32", f32},
    Alias{"float", f32},
    Alias{"fp32", f32},
    Alias{"float16", f16},
    Alias{"half", f16},
    Alias{"fp16", f16},
    Alias{"bfloat16", bf16},
    Alias{"fp8", f8_e4m3},
    Alias{"float8_e4m3fn", f8_e4m3},
    Alias{"f8_e4m3fn", f8_e4m3},
    Alias{"float8_e5m2", f8_e5m2},
    Alias{"float4_e2m1", f4_e2m1},
    Alias{"f4_e2m1", f4_e2m1},
    Alias{"int64", i64},
    Alias{"long", i64},
    Alias{"int32", i32},
    Alias{"int", i32},
    Alias{"int16", i16},
    Alias{"int8", i8},
    Alias{"int4", i4},
    Alias{"uint64", u64},
    Alias{"uint32", u32},
    Alias{"uint16", u16},
    Alias{"uint8", u8},
    Alias{"byte", u8},
    Alias{"uint4", u4},
    Alias{"boolean", boolean},
};

bool same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

}  // namespace

const TypeLayout& layout_of(TensorType type) { return kLayouts[static_cast<std::size_t>(type)]; }

std::span<const TypeLayout> all_layouts() { return kLayouts; }

std::optional<TensorType> find_tensor_type(std::string_view name) {
  for (const TypeLayout& layout : kLayouts) {
    if (same(layout.name, name)) return layout.type;
  }
  for (const Alias& alias : kAliases) {
    if (same(alias.name, name)) return alias.type;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> stored_bytes(TensorType type, std::uint64_t elements) {
  const TypeLayout& layout = layout_of(type);
  constexpr std::uint64_t kMost = std::uint64_t{1} << 62;
  std::uint64_t blocks = elements / layout.block_elements;
  if (elements % layout.block_elements != 0) ++blocks;
  std::uint64_t bits = 0;
  if (__builtin_mul_overflow(blocks, std::uint64_t{layout.block_bits}, &bits)) {
    // Past 2^64 bits but perhaps not past 2^62 bytes: every layout of more than one element is whole
    // bytes, and so is every single one that is wide enough to get here with a sane file.
    if (layout.block_bits % 8 != 0 ||
        __builtin_mul_overflow(blocks, std::uint64_t{layout.block_bits / 8}, &bits) || bits > kMost)
      return std::nullopt;
    return bits;
  }
  const std::uint64_t bytes = bits / 8 + (bits % 8 != 0 ? 1 : 0);
  if (bytes > kMost) return std::nullopt;
  return bytes;
}

}  // namespace spillway::fit
