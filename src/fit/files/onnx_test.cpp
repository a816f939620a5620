#include "fit/files/onnx.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "fit/files/open_model.h"
#include "fit/shape.h"
#include "tests/support/mutations.h"
#include "tests/support/onnx_writer.h"
#include "tests/support/temp_dir.h"

namespace spillway::fit {
namespace {

using namespace support;

Result<ModelFile> read(std::string_view bytes) {
  HeaderReader in = HeaderReader::over(bytes, "m.onnx");
  return read_onnx(in);
}

std::string initialiser(std::string_view tensor) { return field(5, tensor); }

std::string refusal(std::string_view graph) {
  const auto file = read(onnx_model(graph));
  return file ? std::string("was read") : to_string(file.error());
}

TEST(OnnxTest, SumsInitialisersOfEveryKind) {
  const std::string packed_dims = field(1, varint(3) + varint(5)) + field(2, 1) +
                                  field(8, std::string_view("packed")) +
                                  field(9, std::string(60, '\0'));
  const std::string floats = onnx_tensor("floats", 1, {2}) + field(4, std::string(8, '\0'));
  const std::string words = onnx_tensor("words", 8, {2}) + field(6, std::string_view("ab")) +
                            field(6, std::string_view("cde"));
  const std::string graph = initialiser(onnx_raw("f16", 10, {4, 8}, 64)) +
                            initialiser(onnx_raw("int4", 22, {3}, 2)) + initialiser(packed_dims) +
                            initialiser(floats) + initialiser(words);
  const auto file = read(onnx_model(graph, field(14, field(1, std::string_view("vocab_size")) +
                                                         field(2, std::string_view("1024")))));
  ASSERT_TRUE(file) << to_string(file.error());
  EXPECT_EQ(file->tensors.size(), 5);
  EXPECT_EQ(weights_of(*file), Bytes{64 + 2 + 60 + 8 + 5});
  EXPECT_EQ(file->tensors[1].type, TensorType::i4);
  EXPECT_EQ(file->header.at("vocab_size"), HeaderValue(std::int64_t{1024}));
  EXPECT_EQ(shape_of(*file)->weights, weights_of(*file));
  EXPECT_EQ(shape_of(*file)->family, Family::other);
}

TEST(OnnxTest, FindsConstantsInGraphsInGraphsAndInFunctions) {
  const std::string constant = onnx_node("Constant", field(5, onnx_raw("", 1, {4}, 16)));
  const std::string branch = field(1, constant) + initialiser(onnx_raw("w", 3, {10}, 10));
  const std::string graph = initialiser(onnx_raw("w", 1, {1}, 4)) +
                            field(1, onnx_node("If", field(6, branch))) +
                            field(1, onnx_node("DequantizeLinear")) +
                            field(15, field(1, onnx_raw("v", 1, {2}, 8)) +
                                          field(2, onnx_raw("i", 7, {2}, 16)) + field(3, 100));
  const auto file = read(onnx_model(graph, field(25, field(7, constant))));
  ASSERT_TRUE(file) << to_string(file.error());
  EXPECT_EQ(weights_of(*file), Bytes{4 + 16 + 10 + 8 + 16 + 16});
  EXPECT_EQ(file->header.at("quantised_nodes"), HeaderValue(std::int64_t{1}));
}

TEST(OnnxTest, NeverReadsTheNumbers) {
  const TempDir dir;
  constexpr std::uint64_t kSize = std::uint64_t{2} << 30;
  const std::string tensor = onnx_tensor("w", 1, {kSize / 4});
  const std::string raw = varint(9 << 3 | 2) + varint(kSize);
  const auto framed = [](std::uint64_t number, const std::string& head, std::uint64_t more) {
    return varint(number << 3 | 2) + varint(head.size() + more) + head;
  };
  const std::string head = field(1, 8) + framed(7, framed(5, tensor + raw, kSize), kSize);
  const std::string path = dir.write("m.onnx", head);
  std::filesystem::resize_file(path, head.size() + kSize);
  const auto file = open_model(path, {});
  ASSERT_TRUE(file) << to_string(file.error());
  EXPECT_EQ(weights_of(*file), Bytes{static_cast<std::int64_t>(kSize)});
  EXPECT_LT(file->bytes_read, 16_KiB);
}

TEST(OnnxTest, NumbersInOtherFilesHaveToBeThere) {
  const TempDir dir;
  const auto with = [&](std::string_view location, std::uint64_t offset, std::uint64_t length) {
    dir.write("m.onnx",
              onnx_model(initialiser(onnx_external("w", 1, {256}, location, offset, length))));
    return open_model(dir / "m.onnx", {});
  };
  EXPECT_NE(to_string(with("m.onnx_data", 0, 1024).error()).find("not there"), std::string::npos);
  dir.write("m.onnx_data", std::string(2048, '\0'));
  const auto file = with("m.onnx_data", 1024, 1024);
  ASSERT_TRUE(file) << to_string(file.error());
  EXPECT_EQ(weights_of(*file), 1024_B);
  EXPECT_EQ(file->files.size(), 2);
  EXPECT_FALSE(with("m.onnx_data", 1025, 1024));
  EXPECT_FALSE(with("m.onnx_data", ~std::uint64_t{0}, 1024));
  EXPECT_FALSE(with("m.onnx_data", 0, 1000));
  for (const char* outside : {"../m.onnx_data", "/etc/passwd", "a/../../x", ""}) {
    const auto refused = with(outside, 0, 1024);
    ASSERT_FALSE(refused) << outside;
    EXPECT_NE(to_string(refused.error()).find("outside"), std::string::npos) << outside;
  }
  EXPECT_FALSE(with(".", 0, 1024));
}

TEST(OnnxTest, SaysWhatIsWrong) {
  EXPECT_NE(refusal(initialiser(onnx_raw("w", 1, {2}, 4))).find("its shape wants 8"),
            std::string::npos);
  EXPECT_NE(refusal(initialiser(onnx_raw("w", 99, {1}, 4))).find("type 99"), std::string::npos);
  EXPECT_NE(refusal(initialiser(onnx_tensor("w", 1, {1000}))).find("fewer numbers"),
            std::string::npos);
  constexpr std::uint64_t kWide = std::uint64_t{1} << 40;
  EXPECT_NE(refusal(initialiser(onnx_raw("w", 1, {kWide, kWide}, 4))).find("too large"),
            std::string::npos);
  EXPECT_NE(refusal(initialiser(onnx_raw("w", 1, {1}, 4)) + initialiser(onnx_raw("w", 1, {1}, 4)))
                .find("there twice"),
            std::string::npos);
  EXPECT_NE(to_string(read(field(1, 8)).error()).find("no graph"), std::string::npos);
  EXPECT_FALSE(read(varint(7 << 3 | 2) + varint(std::uint64_t{1} << 63)));
  EXPECT_FALSE(read(std::string(20, '\xff')));
  EXPECT_FALSE(read(varint(7 << 3 | 3)));
}

TEST(OnnxTest, GraphsInGraphsEndSomewhere) {
  std::string graph;
  for (int i = 0; i < 100; ++i) graph = field(1, onnx_node("If", field(6, graph)));
  EXPECT_NE(refusal(graph).find("32 deep"), std::string::npos);
}

TEST(OnnxTest, EveryMutationIsReadOrRefused) {
  const std::string constant = onnx_node("Constant", field(5, onnx_raw("", 1, {4}, 16)));
  const std::string bytes =
      onnx_model(initialiser(onnx_raw("w", 10, {4, 2}, 16)) +
                 initialiser(onnx_external("e", 1, {4}, "nowhere", 0, 16)) + field(1, constant));
  each_mutation(bytes, [](const std::string& changed) {
    if (const auto file = read(changed)) {
      EXPECT_LE(weights_of(*file), 4096_B);
    }
  });
}

TEST(OnnxTest, AFolderOfGraphsIsOneModelInOnePrecision) {
  const TempDir dir;
  for (const char* name : {"encoder.onnx", "encoder.int8.onnx", "decoder.onnx"}) {
    dir.write(name, onnx_model(initialiser(onnx_raw("w", 1, {4}, 16))));
  }
  const auto file = open_model(dir.path(), {});
  ASSERT_TRUE(file) << to_string(file.error());
  EXPECT_EQ(weights_of(*file), 32_B);
  EXPECT_EQ(file->notes.size(), 2);
  EXPECT_NE(file->notes[1].find("encoder.int8.onnx"), std::string::npos);
}

}  // namespace
}  // namespace spillway::fit
