#include <filesystem>
#include <utility>

#include "fit/files/config_json.h"
#include "fit/files/folder.h"
#include "fit/files/gguf.h"
#include "fit/files/onnx.h"
#include "fit/files/parts.h"
#include "fit/files/pytorch.h"
#include "fit/files/safetensors.h"
#include "fit/files/shards.h"
#include "fit/files/stores.h"

namespace spillway::fit {
namespace {

namespace fs = std::filesystem;

bool is_safetensors(HeaderReader& in) {
  const std::string_view head = in.peek(9);
  if (head.size() < 9 || head[8] != '{') return false;
  // The highest bytes of the length are zero, as in no text.
  return head.substr(4, 4) == std::string_view("\0\0\0\0", 4);
}

bool is_tar(HeaderReader& in) {
  const std::string_view head = in.peek(262);
  return head.size() == 262 && head.substr(257) == "ustar";
}

bool is_json(HeaderReader& in) {
  const std::string_view head = in.peek(4096);
  const auto first = head.find_first_not_of(" \t\r\n");
  return first != head.npos && head[first] == '{';
}

Result<ModelFile> read_weights(HeaderReader& in) {
  return is_safetensors(in) ? read_safetensors(in) : read_pytorch(in);
}

Result<ModelFile> open_json(const std::string& path, HeaderReader& in) {
  const std::string_view head = in.peek(4096);
  if (head.find("\"weight_map\"") != head.npos) {
    auto out = open_index(path, read_weights);
    if (out) add_config_beside(fs::path(path).parent_path().string(), *out);
    return out;
  }
  if (head.find("\"schemaVersion\"") != head.npos) return open_ollama_manifest(path);
  return open_config(path);
}

// A file of a sharded model stands for all of them.
std::optional<std::string> index_beside(const std::string& path) {
  const fs::path file = path;
  if (file.filename().string().find("-of-") == std::string::npos) return std::nullopt;
  for (const char* name : {"model.safetensors.index.json", "pytorch_model.bin.index.json"}) {
    const fs::path index = file.parent_path() / name;
    std::error_code ignored;
    if (std::string_view(name).find(file.extension().string()) != std::string_view::npos &&
        fs::exists(index, ignored)) {
      return index.string();
    }
  }
  return std::nullopt;
}

Result<ModelFile> open_weights(const std::string& path, HeaderReader& in) {
  if (const auto index = index_beside(path)) return open_index(*index, read_weights);
  return read_weights(in);
}

Result<ModelFile> unknown(const std::string& path, HeaderReader& in) {
  const std::string_view head = in.peek(8);
  if (head.starts_with("\x1f\x8b")) {
    return fail(Errc::unsupported, "is packed with gzip", path,
                "unpack it first (gunzip; an old .nemo: tar xzf, then name the folder)");
  }
  if (head.starts_with("lmgg") || head.starts_with("tjgg") || head.starts_with("fmgg")) {
    return fail(Errc::unsupported, "is a ggml file of the time before GGUF", path,
                "take the model as GGUF, or name its size: --params 1.5B --dtype fp16");
  }
  if (head.size() >= 8 && head.substr(4, 4) == "ORTM") {
    return fail(Errc::unsupported, "is in ONNX Runtime's own format", path,
                "name the .onnx file that it was made from");
  }
  return fail(Errc::unsupported, "is no model file that is known", path,
              "known are GGUF, safetensors, ONNX, PyTorch, .nemo and config.json");
}

}  // namespace

Result<ModelFile> open_file(const std::string& path) {
  auto in = HeaderReader::open(path);
  if (!in) return tl::unexpected<Error>(in.error());
  if (in->size() == 0) return fail(Errc::invalid, "is empty", path, "fetch it again");
  if (in->peek(4) == "GGUF") return open_gguf(path);
  // The length that a safetensors file begins with may look like the beginning of anything else.
  const bool tensors = is_safetensors(*in);
  if (!tensors && is_json(*in)) return open_json(path, *in);
  const bool pickle = in->peek(4) == "PK\3\4" || (in->peek(1) == "\x80" && in->size() > 64);
  const bool tar = !tensors && is_tar(*in);
  if (tensors || tar || pickle) {
    auto out = tar ? read_nemo(*in) : open_weights(path, *in);
    if (out && !tar) add_config_beside(fs::path(path).parent_path().string(), *out);
    return out;
  }
  // ONNX has no mark of its own: its first field is the version, a small number.
  const bool named = path.ends_with(".onnx");
  if (!named && in->peek(1) != "\x08") return unknown(path, *in);
  auto out = read_onnx(*in);
  if (!out && !named) return unknown(path, *in);
  if (out) add_config_beside(fs::path(path).parent_path().string(), *out);
  return out;
}

}  // namespace spillway::fit
