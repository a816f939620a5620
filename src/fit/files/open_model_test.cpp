#include "fit/files/open_model.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "fit/shape.h"
#include "tests/support/gguf_models.h"
#include "tests/support/mutations.h"
#include "tests/support/onnx_writer.h"
#include "tests/support/pytorch_writer.h"
#include "tests/support/temp_dir.h"

namespace spillway::fit {
namespace {

namespace fs = std::filesystem;
using support::GgufWriter;
using support::SafetensorsWriter;
using support::TempDir;

std::string tiny_gguf(std::string_view architecture = "llama") {
  GgufWriter out;
  out.key("general.architecture", architecture);
  support::add_tensor(out, "token_embd.weight", {32, 4}, 0);
  return out.bytes();
}

std::string tiny_safetensors() { return SafetensorsWriter().tensor("w", "F16", {4}, 8).bytes(); }

std::string words_of(const Result<ModelFile>& file) {
  return file ? std::string("was read") : to_string(file.error());
}

TEST(OpenModelTest, TheContentDecidesNotTheName) {
  const TempDir dir;
  EXPECT_EQ(open_model(dir.write("a.bin", tiny_gguf()), {})->format, FileFormat::gguf);
  EXPECT_EQ(open_model(dir.write("b.gguf", tiny_safetensors()), {})->format,
            FileFormat::safetensors);
  EXPECT_EQ(open_model(dir.write("c", support::onnx_model("")), {})->format, FileFormat::onnx);
  EXPECT_EQ(open_model(dir.write("d.txt", "  {\"model_type\":\"llama\"}"), {})->format,
            FileFormat::config_only);
}

TEST(OpenModelTest, ALengthMayLookLikeAnotherFormat) {
  const TempDir dir;
  for (const std::size_t length :
       {0x7bU, 0x17bU, 0x180U, 0x120U, 0x208U}) {  // '{', pickle, blank, ONNX
    const std::string name(length - 52, 'n');
    const std::string bytes = SafetensorsWriter().tensor(name, "U8", {4}, 4).bytes();
    ASSERT_EQ(static_cast<unsigned char>(bytes[0]), length & 0xff);
    const auto file = open_model(dir.write("file", bytes), {});
    ASSERT_TRUE(file) << words_of(file);
    EXPECT_EQ(file->format, FileFormat::safetensors) << length;
  }
}

TEST(OpenModelTest, SaysWhatAFileIsThatItDoesNotRead) {
  const TempDir dir;
  const auto says = [&](const std::string& bytes, const char* words) {
    const auto file = open_model(dir.write("file", bytes), {});
    EXPECT_NE(words_of(file).find(words), std::string::npos) << words_of(file);
  };
  says("\x1f\x8b\x08 and so on", "gzip");
  says("lmgg\x01\x02\x03\x04", "before GGUF");
  says(std::string("\x20\0\0\0ORTM....", 12), "ONNX Runtime's own");
  says("hello, world", "no model file");
  says("", "empty");
  says("\x08", "no model file");
}

TEST(OpenModelTest, WaitsForNothingAndFollowsNoLoop) {
  const TempDir dir;
  ASSERT_EQ(::mkfifo((dir / "pipe").c_str(), 0600), 0);
  fs::create_symlink(dir / "loop", dir / "loop");
  for (const std::string& path :
       {dir / "pipe", dir / "loop", std::string("/dev/zero"), std::string("/dev/null"),
        std::string(5000, 'x'), std::string(), std::string("a\0b", 3), dir / "nothing"}) {
    EXPECT_FALSE(open_model(path, {})) << path;
  }
}

TEST(OpenModelTest, OfAFolderTheBestFormatIsTaken) {
  const TempDir dir;
  EXPECT_EQ(open_model(dir.path(), {}).error().code, Errc::not_found);
  dir.write("config.json", R"({"model_type":"llama"})");
  EXPECT_EQ(open_model(dir.path(), {})->format, FileFormat::config_only);
  dir.write("training_args.bin", "x");
  EXPECT_EQ(open_model(dir.path(), {})->format, FileFormat::config_only);
  dir.write("pytorch_model.bin",
            support::zip_archive({{"a/data.pkl", support::PickleWriter().bytes()}}));
  EXPECT_EQ(open_model(dir.path(), {})->format, FileFormat::pytorch);
  dir.write("onnx/model.onnx", support::onnx_model(""));
  EXPECT_EQ(open_model(dir.path(), {})->format, FileFormat::onnx);
  dir.write("b.gguf", tiny_gguf());
  dir.write("a.gguf", tiny_gguf());
  const auto gguf = open_model(dir.path(), {});
  EXPECT_EQ(gguf->format, FileFormat::gguf);
  EXPECT_EQ(gguf->files[0], dir / "a.gguf");
  ASSERT_EQ(gguf->notes.size(), 1);
  EXPECT_EQ(gguf->notes[0].find("a.gguf"), std::string::npos);
  EXPECT_NE(gguf->notes[0].find("b.gguf"), std::string::npos);
  dir.write("model.safetensors", tiny_safetensors());
  dir.write("model.fp16.safetensors", tiny_safetensors());
  const auto tensors = open_model(dir.path() + "/", {});
  EXPECT_EQ(tensors->format, FileFormat::safetensors);
  EXPECT_EQ(tensors->files, std::vector{dir / "model.safetensors"});
  EXPECT_TRUE(tensors->header.contains("model_type"));
  ASSERT_EQ(tensors->notes.size(), 1);
  for (const char* other : {"a.gguf", "b.gguf", "model.fp16.safetensors", "pytorch_model.bin"}) {
    EXPECT_NE(tensors->notes[0].find(other), std::string::npos) << other;
  }
}

TEST(OpenModelTest, NumberedFilesWithoutAnIndexAreOneModelOrNone) {
  const TempDir dir;
  const auto part = [](const char* name) {
    return SafetensorsWriter().tensor(name, "F16", {4}, 8).bytes();
  };
  dir.write("model-00001-of-00002.safetensors", part("a"));
  EXPECT_EQ(open_model(dir.path(), {}).error().code, Errc::not_found);
  dir.write("model-00002-of-00002.safetensors", part("b"));
  const auto file = open_model(dir.path(), {});
  ASSERT_TRUE(file) << words_of(file);
  EXPECT_EQ(weights_of(*file), 16_B);
  dir.write("model-00002-of-00002.safetensors", part("a"));
  EXPECT_EQ(open_model(dir.path(), {}).error().code, Errc::invalid);
}

TEST(OpenModelTest, AProjectorBesideAModelIsPlannedWithIt) {
  const TempDir dir;
  dir.write("model.gguf", tiny_gguf());
  GgufWriter projector;
  projector.key("general.architecture", "clip").key("clip.vision.block_count", 27U);
  projector.key("clip.vision.embedding_length", 1152U).key("clip.vision.image_size", 896U);
  projector.key("clip.vision.patch_size", 14U).key("clip.vision.attention.head_count", 16U);
  support::add_tensor(projector, "v.blk.0.attn_q.weight", {32, 2}, 0);
  projector.write(dir / "mmproj-model-f16.gguf");
  const auto file = open_model(dir.path(), {});
  ASSERT_TRUE(file) << words_of(file);
  const Shape shape = shape_of(*file).value();
  EXPECT_EQ(shape.architecture, "llama");
  EXPECT_EQ(shape.weights, 768_B);
  ASSERT_TRUE(shape.encoder);
  EXPECT_EQ(shape.encoder->positions, 4096);
  EXPECT_EQ(shape.encoder->weights, 256_B);
}

const std::string kDigest(64, 'a');

void write_ollama(const TempDir& dir, const std::string& manifest,
                  const std::string& projector = {}) {
  const auto layer = [](const char* kind, const std::string& digest, std::size_t size) {
    return R"({"mediaType":"application/vnd.ollama.image.)" + std::string(kind) +
           R"(","digest":"sha256:)" + digest + R"(","size":)" + std::to_string(size) + "}";
  };
  const std::string model = tiny_gguf();
  dir.write("blobs/sha256-" + kDigest, model);
  std::string layers = layer("model", kDigest, model.size()) + "," + layer("template", "none", 5);
  if (!projector.empty()) {
    dir.write("blobs/sha256-" + std::string(64, 'b'), projector);
    layers += "," + layer("projector", std::string(64, 'b'), projector.size());
  }
  dir.write(manifest, R"({"schemaVersion":2,"config":{"digest":"x"},"layers":[)" + layers + "]}");
}

TEST(OpenModelTest, FindsOllamasModelsByName) {
  const TempDir dir;
  const Surroundings at{.ollama_models = dir.path()};
  write_ollama(dir, "manifests/registry.ollama.ai/library/llama3.2/3b");
  const auto file = open_model("llama3.2:3b", at);
  ASSERT_TRUE(file) << words_of(file);
  EXPECT_EQ(weights_of(*file), 512_B);
  EXPECT_EQ(file->path, "llama3.2:3b");
  EXPECT_TRUE(open_model(dir / "manifests/registry.ollama.ai/library/llama3.2/3b", {}));
  EXPECT_FALSE(open_model("llama3.2", at));

  write_ollama(dir, "manifests/registry.ollama.ai/library/llama3.2/latest", tiny_gguf("clip"));
  EXPECT_EQ(weights_of(*open_model("llama3.2", at)), 1024_B);
  write_ollama(dir, "manifests/hf.co/org/model-GGUF/Q4_K_M");
  EXPECT_TRUE(open_model("hf.co/org/model-GGUF:Q4_K_M", at));
  write_ollama(dir, "manifests/registry.ollama.ai/me/mine/latest");
  EXPECT_TRUE(open_model("me/mine", at));
  const TempDir home;
  EXPECT_FALSE(open_model("me/mine", {.home = home.path()}));
  fs::create_directories(home / ".ollama");
  fs::create_directory_symlink(dir.path(), home / ".ollama/models");
  EXPECT_TRUE(open_model("me/mine", {.home = home.path()}));
}

TEST(OpenModelTest, OllamasManifestsMayLie) {
  const TempDir dir;
  const std::string at = "manifests/registry.ollama.ai/library/m/latest";
  const Surroundings store{.ollama_models = dir.path()};
  const auto with = [&](const std::string& layers) {
    dir.write(at, R"({"schemaVersion":2,"layers":)" + layers + "}");
    return words_of(open_model("m", store));
  };
  const std::string model = R"([{"mediaType":"application/vnd.ollama.image.model","digest":")";
  EXPECT_NE(with(model + R"(sha256:../../../etc/passwd"}])").find("no digest"), std::string::npos);
  EXPECT_NE(with(model + "sha256:" + kDigest + "\"}]").find("blob of the model is missing"),
            std::string::npos);
  EXPECT_NE(with("[]").find("no model"), std::string::npos);
  EXPECT_NE(with("7").find("no model"), std::string::npos);
  dir.write("blobs/sha256-" + kDigest, tiny_gguf());
  EXPECT_NE(with(model + "sha256:" + kDigest + "\",\"size\":1}]").find("not as long"),
            std::string::npos);
  for (const char* name : {"../x", "a:b:c", "a//b", ".", "m:../x", "a/b/c/d", ":", "m:"}) {
    EXPECT_FALSE(open_model(name, store)) << name;
  }
  write_ollama(dir, at);
  support::each_mutation(dir.read(at), [&](const std::string& changed) {
    dir.write(at, changed);
    if (const auto file = open_model("m", store)) {
      EXPECT_EQ(weights_of(*file), 512_B);
    }
  });
}

TEST(OpenModelTest, FindsModelsInAHuggingFaceCache) {
  const TempDir dir;
  const std::string repo = "models--org--model/";
  dir.write(repo + "blobs/0123", tiny_safetensors());
  dir.write(repo + "refs/main", "abc123\n");
  fs::create_directories(dir / (repo + "snapshots/abc123"));
  fs::create_symlink("../../blobs/0123", dir / (repo + "snapshots/abc123/model.safetensors"));
  dir.write(repo + "snapshots/abc123/config.json", R"({"model_type":"llama"})");
  for (const Surroundings& at : {Surroundings{.hf_hub_cache = dir.path()},
                                 Surroundings{.home = "/nowhere", .hf_hub_cache = dir.path()}}) {
    const auto file = open_model("org/model", at);
    ASSERT_TRUE(file) << words_of(file);
    EXPECT_EQ(weights_of(*file), 8_B);
    EXPECT_TRUE(file->header.contains("model_type"));
  }
  EXPECT_TRUE(open_model(dir / "models--org--model", {}));
  EXPECT_FALSE(open_model("org/other", {.hf_hub_cache = dir.path()}));
  EXPECT_FALSE(open_model("../model", {.hf_hub_cache = dir.path()}));

  for (const char* ref : {"../../..", "", "zz", "fff"}) {
    dir.write(repo + "refs/main", ref);
    const bool taken = std::string_view(ref) == "fff";  // gone, but there is only one snapshot
    EXPECT_EQ(open_model("org/model", {.hf_hub_cache = dir.path()}).has_value(), taken) << ref;
  }
  fs::remove(dir / (repo + "refs/main"));
  EXPECT_TRUE(open_model("org/model", {.hf_hub_cache = dir.path()}));
  fs::create_directory(dir / (repo + "snapshots/other"));
  EXPECT_FALSE(open_model("org/model", {.hf_hub_cache = dir.path()}));
}

TEST(OpenModelTest, SurroundingsComeFromTheEnvironment) {
  const auto at = surroundings_from([](const char* name) -> const char* {
    return std::string_view(name) == "XDG_CACHE_HOME" ? "/caches" : nullptr;
  });
  EXPECT_EQ(at.hf_home, "/caches/huggingface");
  EXPECT_EQ(at.home, "");
}

TEST(OpenModelTest, ReadsNumbersOfParametersAsPeopleWriteThem) {
  EXPECT_EQ(parse_parameters("1B"), 1'000'000'000);
  EXPECT_EQ(parse_parameters("7b"), 7'000'000'000);
  EXPECT_EQ(parse_parameters("350M"), 350'000'000);
  EXPECT_EQ(parse_parameters("1.5B"), 1'500'000'000);
  EXPECT_EQ(parse_parameters("0.6b"), 600'000'000);
  EXPECT_EQ(parse_parameters("2T"), 2'000'000'000'000);
  EXPECT_EQ(parse_parameters("123456"), 123'456);
  EXPECT_EQ(parse_parameters("1_000_000"), 1'000'000);
  for (const char* text :
       {"", "B", "-1B", "1G", "1BB", "nan", "inf", "0", "1e9", "99999T", "0x10", "1 B"}) {
    EXPECT_FALSE(parse_parameters(text)) << text;
  }
}

TEST(OpenModelTest, AModelKnownByItsSizeAlone) {
  const ModelFile file = by_hand("mine", 1'000'000'000, TensorType::f16);
  EXPECT_EQ(weights_of(file), 2'000'000'000_B);
  const Shape shape = shape_of(file).value();
  EXPECT_EQ(shape.name, "mine");
  EXPECT_EQ(shape.parameters, 1'000'000'000);
  EXPECT_EQ(shape.weights, 2'000'000'000_B);
  EXPECT_EQ(shape.family, Family::decoder);
  EXPECT_EQ(shape.layers.size(), 16);
  EXPECT_FALSE(shape.guesses.empty());
}

}  // namespace
}  // namespace spillway::fit
