#include "fit/files/gguf.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "tests/support/gguf_writer.h"
#include "tests/support/mutations.h"
#include "tests/support/temp_dir.h"

namespace spillway::fit {
namespace {

using support::GgufWriter;

GgufWriter small(std::uint32_t version = 3) {
  GgufWriter out(version);
  out.key("general.architecture", "llama").key("llama.block_count", std::uint32_t{2});
  out.key("a.float", 0.5F).key("a.flag", true).key("a.negative", std::int8_t{-3});
  out.array<std::int32_t>("a.numbers", {8, 0, -1}).words("tokenizer.ggml.tokens", 300);
  out.key("a.template", std::string(5000, 'x'));
  out.tensor("token_embd.weight", {64, 300}, 1, 64 * 300 * 2);
  out.tensor("blk.0.attn_q.weight", {64, 3}, 2, 64 / 32 * 18 * 3);
  out.tensor("blk.1.ffn_up.weight", {256, 2}, 14, 210 * 2);
  return out;
}

Result<ModelFile> read(std::string_view bytes) {
  HeaderReader in = HeaderReader::over(bytes, "m.gguf");
  return read_gguf(in);
}

TEST(GgufTest, ReadsKeysAndTensors) {
  for (const std::uint32_t version : {2U, 3U}) {
    const std::string bytes = small(version).bytes();
    const auto file = read(bytes);
    ASSERT_TRUE(file) << to_string(file.error());
    EXPECT_EQ(file->on_disk, Bytes{static_cast<std::int64_t>(bytes.size())});
    ASSERT_EQ(file->tensors.size(), 3);
    EXPECT_EQ(file->tensors[0].name, "token_embd.weight");
    EXPECT_EQ(file->tensors[0].shape, (std::vector<std::uint64_t>{64, 300}));
    EXPECT_EQ(file->tensors[1].type, TensorType::q4_0);
    EXPECT_EQ(file->tensors[1].bytes, 108_B);
    EXPECT_EQ(weights_of(*file), Bytes{64 * 300 * 2 + 108 + 420});
    const auto& keys = file->header;
    EXPECT_EQ(keys.at("general.architecture"), HeaderValue("llama"));
    EXPECT_EQ(keys.at("llama.block_count"), HeaderValue(std::int64_t{2}));
    EXPECT_EQ(keys.at("a.float"), HeaderValue(0.5));
    EXPECT_EQ(keys.at("a.flag"), HeaderValue(true));
    EXPECT_EQ(keys.at("a.negative"), HeaderValue(std::int64_t{-3}));
    EXPECT_EQ(keys.at("a.numbers"), HeaderValue(std::vector<std::int64_t>{8, 0, -1}));
    EXPECT_EQ(std::get<ArrayLength>(keys.at("tokenizer.ggml.tokens")).count, 300);
    EXPECT_EQ(std::get<ArrayLength>(keys.at("a.template")).count, 5000);
  }
}

TEST(GgufTest, KnowsEveryTypeThatLlamaCppKnows) {
  for (std::uint32_t id = 0; id < 64; ++id) {
    const bool gone = id == 4 || id == 5 || (id >= 31 && id <= 33) || (id >= 36 && id <= 38);
    EXPECT_EQ(ggml_type(id).has_value(), id <= 42 && !gone) << id;
  }
}

struct Lie {
  const char* name;
  std::function<std::string()> bytes;
  const char* says;
};

std::string with_u64(std::size_t at, std::uint64_t value) {
  std::string bytes = small().bytes();
  std::memcpy(bytes.data() + at, &value, sizeof value);
  return bytes;
}

std::string one_tensor(const std::vector<std::uint64_t>& shape, std::uint32_t type,
                       std::uint64_t offset = 0) {
  return GgufWriter().tensor_at("t", shape, type, offset, 0).header() + std::string(1000, '\0');
}

TEST(GgufTest, SaysWhatIsWrongAndWhere) {
  constexpr std::uint64_t kHuge = std::uint64_t{1} << 63;
  const std::vector<Lie> lies = {
      {"other magic", [] { return "GGML" + small().bytes().substr(4); }, "does not begin"},
      {"more tensors than bytes", [] { return with_u64(8, kHuge); }, "tensors cannot be in it"},
      {"more keys than bytes", [] { return with_u64(16, kHuge); }, "keys cannot be in it"},
      {"a key of 2^63 bytes", [] { return with_u64(24, kHuge); }, "are left"},
      {"a key of 2^64 - 1 bytes", [] { return with_u64(24, ~std::uint64_t{0}); }, "are left"},
      {"five dimensions",
       [] {
         return one_tensor({1, 1, 1, 1, 1}, 0);
       },
       "5 dimensions"},
      {"dimensions whose product wraps",
       [] {
         return one_tensor({std::uint64_t{1} << 32, std::uint64_t{1} << 32}, 0);
       },
       "too large to be true"},
      {"a product that wraps to nothing",
       [] {
         return one_tensor({0, kHuge, 2}, 0);
       },
       "too large to be true"},
      {"a type that was taken back", [] { return one_tensor({32}, 4); }, "type 4"},
      {"a type of the future", [] { return one_tensor({32}, 99); }, "type 99"},
      {"half a block", [] { return one_tensor({33}, 2); }, "whole blocks"},
      {"past the end", [] { return one_tensor({1000}, 0); }, "past the end"},
      {"an offset of 2^63", [] { return one_tensor({1}, 0, kHuge); }, "past the end"},
      {"not aligned", [] { return one_tensor({1}, 0, 4); }, "not aligned"},
      {"the same bytes twice",
       [] {
         return GgufWriter().tensor_at("a", {64}, 0, 0, 0).tensor_at("b", {64}, 0, 0, 0).bytes() +
                std::string(300, '\0');
       },
       "lie on each other"},
      {"the same name twice",
       [] { return GgufWriter().tensor("a", {8}, 0, 32).tensor("a", {8}, 0, 32).bytes(); },
       "there twice"},
      {"the same key twice", [] { return GgufWriter().key("k", 1).key("k", 2).bytes(); },
       "there twice"},
      {"alignment 0", [] { return GgufWriter().key("general.alignment", 0U).bytes(); },
       "power of two"},
      {"alignment 48", [] { return GgufWriter().key("general.alignment", 48U).bytes(); },
       "power of two"},
  };
  for (const Lie& lie : lies) {
    const auto file = read(lie.bytes());
    ASSERT_FALSE(file) << lie.name;
    EXPECT_NE(to_string(file.error()).find(lie.says), std::string::npos)
        << lie.name << ": " << to_string(file.error());
    EXPECT_FALSE(file.error().hint.empty()) << lie.name;
  }
}

TEST(GgufTest, RejectsBigEndianAndOldFilesWithWords) {
  std::string bytes = small().bytes();
  bytes.replace(4, 4, std::string("\0\0\0\3", 4));
  EXPECT_NE(to_string(read(bytes).error()).find("big-endian"), std::string::npos);
  EXPECT_EQ(read(bytes).error().code, Errc::unsupported);
  EXPECT_NE(to_string(read(small(1).bytes()).error()).find("version 1"), std::string::npos);
}

TEST(GgufTest, EveryMutationIsReadOrRefused) {
  GgufWriter tiny;
  tiny.key("general.architecture", "llama").array<std::int32_t>("n", {1, 2}).words("w", 3);
  tiny.tensor("a", {32, 2}, 2, 36).tensor("b", {3}, 0, 12);
  const std::string bytes = tiny.bytes();
  ASSERT_TRUE(read(bytes));
  support::each_mutation(bytes, [](const std::string& changed) {
    if (const auto file = read(changed)) {
      EXPECT_LE(weights_of(*file).count, static_cast<std::int64_t>(changed.size()));
    } else {
      EXPECT_FALSE(file.error().what.empty());
    }
  });
}

std::string part_name(const support::TempDir& dir, int number) {
  return dir / ("m-0000" + std::to_string(number) + "-of-00003.gguf");
}

void write_split(const support::TempDir& dir) {
  for (int i = 0; i < 3; ++i) {
    GgufWriter part;
    if (i == 0) part.key("general.architecture", "llama");
    part.key("split.no", static_cast<std::uint16_t>(i)).key("split.count", std::uint16_t{3});
    part.key("split.tensors.count", std::int32_t{3});
    part.tensor("blk." + std::to_string(i) + ".x", {32, 10}, 0, 1280);
    part.write(part_name(dir, i + 1));
  }
}

TEST(GgufTest, AnyPartStandsForTheWholeOfASplitModel) {
  const support::TempDir dir;
  write_split(dir);
  for (int i = 1; i <= 3; ++i) {
    const auto file = open_gguf(part_name(dir, i));
    ASSERT_TRUE(file) << to_string(file.error());
    EXPECT_EQ(file->files.size(), 3);
    EXPECT_EQ(file->files[0], part_name(dir, 1));
    EXPECT_EQ(weights_of(*file), Bytes{3 * 1280});
    EXPECT_TRUE(file->header.contains("general.architecture"));
  }
}

TEST(GgufTest, NamesThePartThatIsMissingOrWrong) {
  const support::TempDir dir;
  write_split(dir);
  std::filesystem::remove(part_name(dir, 2));
  const auto missing = open_gguf(part_name(dir, 1));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Errc::not_found);
  EXPECT_EQ(missing.error().where, part_name(dir, 2));

  std::filesystem::copy_file(part_name(dir, 3), part_name(dir, 2));
  EXPECT_EQ(open_gguf(part_name(dir, 1)).error().code, Errc::invalid);

  std::filesystem::rename(part_name(dir, 1), dir / "renamed.gguf");
  EXPECT_NE(to_string(open_gguf(dir / "renamed.gguf").error()).find("its name"), std::string::npos);
}

TEST(GgufTest, ReadsOnlyTheHeaderOfALargeModel) {
  const support::TempDir dir;
  GgufWriter large;
  large.words("tokenizer.ggml.tokens", 10'000);
  for (int i = 0; i < 100; ++i) {
    large.tensor("blk." + std::to_string(i) + ".w", {1 << 16, 1 << 14}, 1, std::uint64_t{1} << 31);
  }
  large.write(dir / "m.gguf");
  const auto file = open_gguf(dir / "m.gguf");
  ASSERT_TRUE(file) << to_string(file.error());
  EXPECT_EQ(weights_of(*file), Bytes{std::int64_t{100} << 31});
  EXPECT_LT(file->bytes_read, 1_MiB);
}

}  // namespace
}  // namespace spillway::fit
