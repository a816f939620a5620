#include "fit/files/safetensors.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "fit/files/open_model.h"
#include "fit/shape.h"
#include "tests/support/mutations.h"
#include "tests/support/safetensors_writer.h"
#include "tests/support/temp_dir.h"

namespace spillway::fit {
namespace {

using support::safetensors_bytes;
using support::SafetensorsWriter;

Result<ModelFile> read(std::string_view bytes) {
  HeaderReader in = HeaderReader::over(bytes, "m.safetensors");
  return read_safetensors(in);
}

TEST(SafetensorsTest, ReadsTensorsOfEveryType) {
  SafetensorsWriter writer;
  writer.tensor("a", "BF16", {3, 4}, 24).tensor("b", "F4", {3}, 2).tensor("scalar", "I64", {}, 8);
  writer.tensor("empty", "F32", {0, 4}, 0).tensor("f8", "F8_E4M3", {5}, 5);
  const auto file = read(writer.bytes());
  ASSERT_TRUE(file) << to_string(file.error());
  ASSERT_EQ(file->tensors.size(), 5);
  EXPECT_EQ(file->tensors[0].type, TensorType::bf16);
  EXPECT_EQ(file->tensors[0].shape, (std::vector<std::uint64_t>{3, 4}));
  EXPECT_EQ(weights_of(*file), 39_B);
  const auto spaced = read(safetensors_bytes(
      R"({"__metadata__":{"format":"pt"},"a":{"shape":[1],"data_offsets":[0,2],"dtype":"F16"}}   )",
      2));
  EXPECT_TRUE(spaced) << to_string(spaced.error());
  EXPECT_TRUE(read(safetensors_bytes("{}")));
}

TEST(SafetensorsTest, RefusesWhatTheLibraryRefuses) {
  const auto one = [](std::string_view body, std::uint64_t data) {
    return safetensors_bytes("{" + std::string(body) + "}", data);
  };
  struct Lie {
    std::string bytes;
    const char* says;
  };
  const std::vector<Lie> lies = {
      {one(R"("a":{"dtype":"F16","shape":[2],"data_offsets":[0,2]})", 2),
       "not as long as its shape"},
      {one(R"("a":{"dtype":"F16","shape":[1],"data_offsets":[2,4]})", 4), "after a hole"},
      {one(R"("a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]},)"
           R"("b":{"dtype":"F16","shape":[1],"data_offsets":[0,2]})",
           2),
       "lies on another"},
      {one(R"("a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]})", 1), "file is shorter"},
      {one(R"("a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]})", 3), "belong to none"},
      {one(R"("a":{"dtype":"F16","shape":[1],"data_offsets":[2,0]})", 2), "not as long"},
      {one(R"("a":{"dtype":"X9","shape":[1],"data_offsets":[0,2]})", 2), "dtype that is not known"},
      {one(R"("a":{"dtype":"F16","shape":[4294967296,4294967296],"data_offsets":[0,0]})", 0),
       "too large"},
      {one(R"("a":{"dtype":"F16","shape":[0,9223372036854775807,4],"data_offsets":[0,0]})", 0),
       "too large"},
      {one(R"("a":{"dtype":"F16","shape":[18446744073709551617],"data_offsets":[0,0]})", 0),
       "cannot be"},
      {one(R"("a":{"dtype":"F16","shape":[-1],"data_offsets":[0,0]})", 0), "cannot be"},
      {one(R"("a":{"dtype":"F16","shape":[1],"data_offsets":[0,2,4]})", 2), "cannot be"},
      {one(R"("a":{"dtype":"F16","shape":[1]})", 2), "no dtype, shape or data_offsets"},
      {one(R"("a":{"dtype":"F16","shape":[[1]],"data_offsets":[0,2]})", 2), "cannot be"},
      {one(R"("a":{})", 0), "is no tensor"},
      {one(R"("a":7)", 0), "is no tensor"},
      {one(R"("a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]},)"
           R"("a":{"dtype":"F16","shape":[1],"data_offsets":[2,4]})",
           4),
       "offsets that cannot be"},
      {one(R"("a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]},)"
           R"("b":{"dtype":"F16","shape":[1],"data_offsets":[2,4]},)"
           R"("a":{"dtype":"F16","shape":[1],"data_offsets":[4,6]})",
           6),
       "there twice"},
      {one(R"("a":{"dtype":"F16","dtype":"F16","shape":[1],"data_offsets":[0,2]})", 2),
       "there twice"},
      {one(R"("a":{"dtype":"F16","shape":[1],"data_offsets":[0,2],"more":1})", 2), "no tensor has"},
      {safetensors_bytes("{\"a\":" + std::string(100, '[') + std::string(100, ']') + "}"),
       "nested deeper"},
      {safetensors_bytes("[]"), "does not begin with {"},
      {safetensors_bytes("{} x"), "no JSON"},
      {support::little_endian(std::uint64_t{100'000'001}) + "{}", "more than 100 MB"},
      {support::little_endian(~std::uint64_t{0}) + "{}", "more than 100 MB"},
      {support::little_endian(std::uint64_t{1000}) + "{}", "cut off"},
      {"\1\2", "are left"},
  };
  for (const Lie& lie : lies) {
    const auto file = read(lie.bytes);
    ASSERT_FALSE(file) << lie.bytes;
    EXPECT_NE(to_string(file.error()).find(lie.says), std::string::npos) << to_string(file.error());
    EXPECT_NE(file.error().where.find("byte "), std::string::npos);
  }
}

TEST(SafetensorsTest, EveryMutationIsReadOrRefused) {
  const std::string bytes =
      SafetensorsWriter().tensor("a.b", "BF16", {3, 4}, 24).tensor("c", "U8", {5}, 5).bytes();
  support::each_mutation(bytes, [](const std::string& changed) {
    if (const auto file = read(changed)) {
      EXPECT_LE(weights_of(*file).count, static_cast<std::int64_t>(changed.size()));
    }
  });
}

TEST(SafetensorsTest, AShardedModelIsReadThroughItsIndexOrAnyOfItsFiles) {
  const support::TempDir dir;
  const std::size_t count = support::write_sharded(dir.path(), 4, 10, 1 << 24);
  dir.write("config.json", R"({"model_type":"llama","hidden_size":64,"num_hidden_layers":4,
    "num_attention_heads":4,"torch_dtype":"bfloat16","vocab_size":100})");
  for (const std::string& path : {dir.path(), dir / "model.safetensors.index.json",
                                  dir / "model-00003-of-00004.safetensors"}) {
    const auto file = open_model(path, {});
    ASSERT_TRUE(file) << path << ": " << to_string(file.error());
    EXPECT_EQ(file->tensors.size(), count);
    EXPECT_EQ(file->files.size(), 4);
    EXPECT_TRUE(file->notes.empty());
    const auto shape = shape_of(*file);
    EXPECT_EQ(shape->weights, weights_of(*file));
    EXPECT_EQ(shape->layers.size(), 4);
    EXPECT_EQ(shape->layers[2].expert_weights, shape->layers[2].weights);
    EXPECT_EQ(shape->dtype, TensorType::bf16);
  }
  std::filesystem::remove(dir / "model-00002-of-00004.safetensors");
  const auto missing = open_model(dir.path(), {});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Errc::not_found);
  EXPECT_EQ(missing.error().where, dir / "model-00002-of-00004.safetensors");
}

TEST(SafetensorsTest, OfAHundredGigabytesOnlyTheHeadersAreRead) {
  const support::TempDir dir;
  support::write_sharded(dir.path(), 50, 60, 100'000'000'000);
  const auto file = open_model(dir.path(), {});
  ASSERT_TRUE(file) << to_string(file.error());
  EXPECT_EQ(file->tensors.size(), 3000);
  EXPECT_GT(file->on_disk, Bytes{99'000'000'000});
  EXPECT_LT(file->bytes_read, 2_MiB);
}

TEST(SafetensorsTest, AnIndexNamesOnlyWhatIsBesideIt) {
  for (const char* file : {"../secret", "/etc/passwd", "a/../../b", ""}) {
    const support::TempDir dir;
    dir.write("model.safetensors.index.json",
              std::string(R"({"weight_map":{"a":")") + file + "\"}}");
    EXPECT_EQ(open_model(dir.path(), {}).error().code, Errc::invalid) << file;
  }
  const support::TempDir dir;
  for (const char* text :
       {R"({"weight_map":{}})", R"({"weight_map":{"a":1}})", R"({"weight_map":)"}) {
    dir.write("model.safetensors.index.json", text);
    EXPECT_FALSE(open_model(dir.path(), {})) << text;
  }
}

TEST(SafetensorsTest, TiedAndQuantisedWeights) {
  const support::TempDir dir;
  SafetensorsWriter writer;
  writer.tensor("model.embed_tokens.weight", "F16", {100, 8}, 1600);
  writer.tensor("model.layers.0.mlp.up_proj.qweight", "I32", {8, 32}, 1024);
  writer.tensor("model.layers.0.mlp.up_proj.scales", "F16", {1, 32}, 64);
  writer.tensor("lm_head.weight", "F16", {100, 8}, 1600);
  writer.write(dir / "model.safetensors");
  const auto shape_with = [&](const char* tied) {
    dir.write("config.json",
              std::string(R"({"model_type":"llama","hidden_size":8,"num_hidden_layers":1,
      "num_attention_heads":1,"quantization_config":{"quant_method":"gptq","bits":4},
      "tie_word_embeddings":)") +
                  tied + "}");
    return shape_of(open_model(dir.path(), {}).value()).value();
  };
  const Shape apart = shape_with("false");
  EXPECT_EQ(apart.weights, 4288_B);
  EXPECT_EQ(apart.output, 1600_B);
  EXPECT_EQ(apart.parameters, 800 + 800 + 1024 * 2);
  EXPECT_EQ(apart.vocabulary, 100);
  EXPECT_FALSE(apart.dtype_known);
  const Shape tied = shape_with("true,\"torch_dtype\":\"float16\"");
  EXPECT_EQ(tied.dtype, TensorType::f16);
  EXPECT_EQ(tied.weights, 2688_B);
  EXPECT_TRUE(tied.tied);
  EXPECT_EQ(tied.layers[0].weights, 1088_B);
}

}  // namespace
}  // namespace spillway::fit
