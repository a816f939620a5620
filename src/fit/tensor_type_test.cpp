#include "fit/tensor_type.h"

#include <gtest/gtest.h>

namespace spillway::fit {
namespace {

// Bits per weight as llama.cpp documents them.
TEST(TensorTypeTest, StoresAsManyBytesAsTheFormatsSay) {
  EXPECT_EQ(stored_bytes(TensorType::f16, 1000), 2000U);
  EXPECT_EQ(stored_bytes(TensorType::q4_0, 4096), 4096U / 32 * 18);
  EXPECT_EQ(stored_bytes(TensorType::q6_k, 4096), 4096U / 256 * 210);
  EXPECT_EQ(stored_bytes(TensorType::nvfp4, 64), 36U);
  EXPECT_EQ(stored_bytes(TensorType::u4, 3), 2U);
  EXPECT_EQ(stored_bytes(TensorType::f6_e2m3, 4), 3U);
}

TEST(TensorTypeTest, SaysNothingOfAmountsThatWrap) {
  EXPECT_EQ(stored_bytes(TensorType::f32, ~std::uint64_t{0}), std::nullopt);
  EXPECT_EQ(stored_bytes(TensorType::f64, std::uint64_t{1} << 61), std::nullopt);
  EXPECT_EQ(stored_bytes(TensorType::f32, std::uint64_t{1} << 60), std::uint64_t{1} << 62);
  EXPECT_EQ(stored_bytes(TensorType::i8, std::uint64_t{1} << 62), std::uint64_t{1} << 62);
}

TEST(TensorTypeTest, FindsWhatPeopleAndFilesWrite) {
  EXPECT_EQ(find_tensor_type("float16"), TensorType::f16);
  EXPECT_EQ(find_tensor_type("FP16"), TensorType::f16);
  EXPECT_EQ(find_tensor_type("q4_k"), TensorType::q4_k);
  EXPECT_EQ(find_tensor_type("INT8"), TensorType::i8);
  EXPECT_EQ(find_tensor_type("q9"), std::nullopt);
  for (const TypeLayout& layout : all_layouts()) {
    EXPECT_EQ(find_tensor_type(layout.name), layout.type);
  }
}

}  // namespace
}  // namespace spillway::fit
