#include "fit/files/pytorch.h"

#include <gtest/gtest.h>

#include "fit/files/open_model.h"
#include "fit/shape.h"
#include "tests/support/mutations.h"
#include "tests/support/pytorch_writer.h"
#include "tests/support/temp_dir.h"

namespace spillway::fit {
namespace {

using support::little_endian;
using support::PickleWriter;
using support::zip_archive;

Result<ModelFile> read(std::string_view bytes) {
  HeaderReader in = HeaderReader::over(bytes, "m.pt");
  return read_pytorch(in);
}

std::string small() {
  const std::string pickle = PickleWriter()
                                 .tensor("embed.weight", "HalfStorage", "0", {4, 8})
                                 .tensor("layers.0.weight", "FloatStorage", "1", {10})
                                 .tensor("lm_head.weight", "HalfStorage", "0", {4, 8})
                                 .bytes();
  return zip_archive({{"archive/data.pkl", pickle},
                      {"archive/data/0", std::string(64, '\0')},
                      {"archive/data/1", std::string(40, '\0')},
                      {"archive/version", "3\n"}});
}

// An archive with this for a program and one storage.
std::string with_pickle(std::string_view pickle) {
  return zip_archive({{"a/data.pkl", std::string(pickle)}, {"a/data/0", std::string(64, '\0')}});
}

TEST(PytorchTest, FollowsThePickleToNamesTypesAndShapes) {
  const auto file = read(small());
  ASSERT_TRUE(file) << to_string(file.error());
  ASSERT_EQ(file->tensors.size(), 2);
  EXPECT_EQ(file->tensors[0].name, "embed.weight");
  EXPECT_EQ(file->tensors[0].type, TensorType::f16);
  EXPECT_EQ(file->tensors[0].shape, (std::vector<std::uint64_t>{4, 8}));
  EXPECT_EQ(file->tensors[1].bytes, 40_B);
  ASSERT_EQ(file->notes.size(), 1);
  EXPECT_NE(file->notes[0].find("tied"), std::string::npos);
}

TEST(PytorchTest, UnwrapsStateDictionaries) {
  std::string inner = PickleWriter().tensor("w", "ByteStorage", "0", {64}).bytes().substr(2);
  inner.pop_back();
  const std::string outer =
      "\x80\x02}(X" + little_endian(std::uint32_t{10}) + "state_dict" + inner + "u.";
  const auto file = read(with_pickle(outer));
  ASSERT_TRUE(file) << to_string(file.error());
  ASSERT_EQ(file->tensors.size(), 1);
  EXPECT_EQ(file->tensors[0].name, "w");
}

TEST(PytorchTest, RunsNothingAndFallsBackToBytes) {
  // What an attacker writes: os.system("...") . And what torch never does.
  const std::string attack =
      "\x80\x02"
      "cos\nsystem\nX" +
      little_endian(std::uint32_t{4}) + "true\x85R.";
  const auto harmless = read(with_pickle(attack));
  ASSERT_TRUE(harmless) << to_string(harmless.error());
  EXPECT_EQ(weights_of(*harmless), 64_B);

  for (const std::string& pickle :
       {std::string("\x80\x02I12\n."), std::string("u."), std::string("\x80\x02hA."), std::string(),
        "X" + little_endian(std::uint32_t{0xffffffff}) + "a.",
        "\x8d" + little_endian(~std::uint64_t{0}), std::string("ctorch\nX\nQ."),
        std::string("NNR."), std::string("c")}) {
    const auto file = read(with_pickle(pickle));
    ASSERT_TRUE(file) << to_string(file.error());
    ASSERT_EQ(file->tensors.size(), 1) << pickle;
    EXPECT_EQ(file->tensors[0].bytes, 64_B);
    EXPECT_NE(file->notes.back().find("bytes alone"), std::string::npos);
    EXPECT_FALSE(shape_of(*file)->dtype_known);
  }
}

TEST(PytorchTest, ValuesThatAreRecalledMillionsOfTimesCostNothing) {
  // One long text or tuple, then three bytes a time that would copy it.
  const std::string text =
      "X" + little_endian(std::uint32_t{60'000}) + std::string(60'000, 'x') + "q\1";
  std::string names = text, reductions = "(";
  for (int i = 0; i < 200'000; ++i) names += "h\1h\1\x93";
  for (int i = 0; i < 60'000; ++i) reductions += "N";
  reductions += "tq\1";
  for (int i = 0; i < 200'000; ++i) reductions += "Nh\1R";
  for (const std::string& pickle : {names + ".", reductions + "."}) {
    EXPECT_TRUE(read(with_pickle(pickle)));
  }
  const std::string loop = "\x80\x02}q\1(X" + little_endian(std::uint32_t{1}) + "ah\1u.";
  EXPECT_TRUE(read(with_pickle(loop)));
}

TEST(PytorchTest, RefusesLies) {
  const auto refused = [](const std::string& bytes, const char* says) {
    const auto file = read(bytes);
    ASSERT_FALSE(file) << says;
    EXPECT_NE(to_string(file.error()).find(says), std::string::npos) << to_string(file.error());
  };
  refused(with_pickle(PickleWriter().tensor("w", "FloatStorage", "0", {17}).bytes()),
          "longer than");
  refused(with_pickle(PickleWriter().tensor("w", "FloatStorage", "7", {1}).bytes()), "no member");
  refused(zip_archive({{"readme.txt", "hello"}}), "none of PyTorch's");
  refused(small().substr(0, 200), "directory is missing");
  refused("PK", "directory is missing");
  std::string many = small();
  many.replace(many.size() - 14, 4, "\xff\xff\xff\xff");
  refused(many, "cannot be in it");
}

TEST(PytorchTest, Reads64BitArchives) {
  std::string bytes = small();
  const std::string end = bytes.substr(bytes.size() - 22);
  bytes.resize(bytes.size() - 22);
  const auto number = [&](std::size_t at) {
    std::uint32_t value = 0;
    std::memcpy(&value, end.data() + at, sizeof value);
    return std::uint64_t{value};
  };
  const std::uint64_t at = bytes.size();
  bytes += "PK\x06\x06" + std::string(20, '\0') + little_endian(std::uint64_t{4}) +
           little_endian(std::uint64_t{4}) + little_endian(number(12)) + little_endian(number(16));
  bytes += "PK\x06\x07" + std::string(4, '\0') + little_endian(at) + std::string(4, '\0');
  bytes += "PK\x05\x06" + std::string(4, '\0') + std::string(12, '\xff') + std::string(2, '\0');
  const auto file = read(bytes);
  ASSERT_TRUE(file) << to_string(file.error());
  EXPECT_EQ(file->tensors.size(), 2);
}

TEST(PytorchTest, OldFilesTellTheirSizeAndSaySo) {
  const auto file = read("\x80\x02\x8a\x0al\xfc\x9c" + std::string(1000, '\0'));
  ASSERT_TRUE(file);
  EXPECT_EQ(weights_of(*file), file->on_disk);
  EXPECT_NE(file->notes.at(0).find("before 1.6"), std::string::npos);
  const auto shape = shape_of(*file);
  EXPECT_FALSE(shape->dtype_known);
  EXPECT_FALSE(shape->guesses.empty());
}

TEST(PytorchTest, EveryMutationIsReadOrRefused) {
  support::each_mutation(small(), [](const std::string& changed) {
    if (const auto file = read(changed)) {
      EXPECT_LE(weights_of(*file), 8192_B);
    }
  });
}

std::string nemo(std::string_view weights) {
  const std::string config =
      "target: nemo.collections.asr.models.EncDecRNNTBPEModel\n"
      "labels:\n- a\n- b\n"
      "encoder:\n  _target_: nemo.collections.asr.modules.ConformerEncoder\n  n_layers: 24\n"
      "  d_model: 1024\n  n_heads: 8\n  ff_expansion_factor: 4\n  subsampling_factor: 8\n"
      "decoder:\n  vocab_size: 8192\n  prednet:\n    pred_hidden: 640\n";
  return support::tar_member("./model_config.yaml", config) +
         support::tar_member("./model_weights.ckpt", weights) + std::string(1024, '\0');
}

TEST(PytorchTest, ANemoFileIsItsWeightsAndItsConfiguration) {
  const support::TempDir dir;
  const std::string weights = zip_archive(
      {{"model_weights/data.pkl", PickleWriter()
                                      .tensor("encoder.layers.0.w", "FloatStorage", "0", {16})
                                      .tensor("decoder.prediction.w", "FloatStorage", "1", {4})
                                      .bytes()},
       {"model_weights/data/0", std::string(64, '\0')},
       {"model_weights/data/1", std::string(16, '\0')}});
  const auto file = open_model(dir.write("parakeet.nemo", nemo(weights)), {});
  ASSERT_TRUE(file) << to_string(file.error());
  EXPECT_EQ(file->header.at("encoder.n_layers"), HeaderValue(std::int64_t{24}));
  const Shape shape = shape_of(*file).value();
  EXPECT_EQ(shape.weights, 80_B);
  EXPECT_EQ(shape.family, Family::encoder);
  ASSERT_TRUE(shape.encoder);
  EXPECT_EQ(shape.encoder->kind, EncoderKind::fast_conformer);
  EXPECT_EQ(shape.encoder->layers, 24);
  EXPECT_EQ(shape.encoder->feed_forward, 4096);
  EXPECT_DOUBLE_EQ(shape.encoder->positions_per_second, 12.5);
  EXPECT_EQ(shape.encoder->weights, 64_B);
  EXPECT_EQ(shape.architecture, "EncDecRNNTBPEModel");
  EXPECT_EQ(shape.vocabulary, 8192);
}

TEST(PytorchTest, EveryMutationOfANemoFileIsReadOrRefused) {
  const std::string weights =
      zip_archive({{"m/data.pkl", PickleWriter().tensor("w", "ByteStorage", "0", {4}).bytes()},
                   {"m/data/0", "1234"}});
  support::each_mutation(nemo(weights), [](const std::string& changed) {
    HeaderReader in = HeaderReader::over(changed, "m.nemo");
    if (const auto file = read_nemo(in)) {
      EXPECT_LE(weights_of(*file), 65536_B);
    }
  });
}

}  // namespace
}  // namespace spillway::fit
