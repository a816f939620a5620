#include "fit/files/folder.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "fit/files/config_json.h"
#include "fit/files/gguf.h"
#include "fit/files/parts.h"
#include "fit/files/stores.h"

namespace spillway::fit {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

constexpr std::size_t kMostEntries = 100'000;
constexpr std::size_t kMostGraphs = 64;

bool has_part(std::string_view name, std::string_view part) { return name.find(part) != name.npos; }

// What lies beside models without being one.
bool is_other(std::string_view name) {
  constexpr auto kOthers = std::to_array<std::string_view>(
      {"training_args.bin", "optimizer.", "scheduler.", "rng_state", "scaler.", "adapter_model."});
  return std::any_of(kOthers.begin(), kOthers.end(),
                     [&](std::string_view other) { return name.starts_with(other); });
}

Names ending_with(const Names& all, std::initializer_list<std::string_view> endings) {
  Names out;
  for (const std::string& name : all) {
    const bool ends = std::any_of(endings.begin(), endings.end(),
                                  [&](std::string_view e) { return name.ends_with(e); });
    if (ends && !is_other(name)) out.push_back(name);
  }
  // Mistral's own format of the same model, beside the usual one.
  Names usual = out;
  std::erase_if(usual, [](const std::string& name) { return name.starts_with("consolidated"); });
  return usual.empty() ? out : usual;
}

std::string listed(const Names& names) {
  constexpr std::size_t kShown = 5;
  std::string out;
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) {
    out += (i > 0 ? ", " : "") + in_quotes(names[i]);
  }
  if (names.size() > kShown) out += " and " + std::to_string(names.size() - kShown) + " more";
  return out;
}

// "encoder.int8.onnx" and "encoder_model_fp16.onnx" are other precisions of "encoder.onnx".
std::string without_precision(std::string name) {
  constexpr auto kSuffixes =
      std::to_array<std::string_view>({".int8", "_int8", ".fp16", "_fp16", "_quantized", "_uint8",
                                       "_q4f16", "_q4", "_bnb4", ".quant"});
  name = name.substr(0, name.size() - std::string_view(".onnx").size());
  for (const std::string_view suffix : kSuffixes) {
    if (name.ends_with(suffix)) return name.substr(0, name.size() - suffix.size());
  }
  return name;
}

class Folder {
 public:
  explicit Folder(std::string path) : path_(std::move(path)) {}

  Status list() {
    std::error_code error;
    for (fs::directory_iterator at(path_, error), end; !error && at != end; at.increment(error)) {
      if (names_.size() < kMostEntries) names_.push_back(at->path().filename().string());
    }
    if (error) return tl::unexpected<Error>(system_error(error.value(), path_));
    std::sort(names_.begin(), names_.end());
    return {};
  }
  bool has(std::string_view name) const {
    return std::binary_search(names_.begin(), names_.end(), name);
  }
  /// Models of the folder that are no part of this one are named in its notes.
  void note_others(ModelFile& file) const {
    Names others;
    for (const std::string& name :
         ending_with(names_, {".safetensors", ".gguf", ".onnx", ".nemo", ".bin", ".pt", ".pth"})) {
      if (std::find(file.files.begin(), file.files.end(), below(name)) == file.files.end()) {
        others.push_back(name);
      }
    }
    if (!others.empty()) file.notes.push_back("passed over: " + listed(others));
  }

  Result<ModelFile> open() const {
    for (const char* index : {"model.safetensors.index.json", "pytorch_model.bin.index.json"}) {
      const bool instead = std::string_view(index).starts_with("pytorch") &&
                           !ending_with(names_, {".safetensors"}).empty();
      if (has(index) && !instead) return open_file(below(index));
    }
    if (const auto files = ending_with(names_, {".safetensors"}); !files.empty()) {
      return open_one_of(files, "model.safetensors");
    }
    if (const auto files = ending_with(names_, {".gguf"}); !files.empty()) return open_ggufs(files);
    if (const auto files = ending_with(names_, {".onnx"}); !files.empty())
      return open_graphs(files);
    if (has("onnx")) {
      Folder graphs(below("onnx"));
      if (graphs.list() && !ending_with(graphs.names_, {".onnx"}).empty()) {
        auto out = graphs.open();
        if (out) add_config_beside(path_, *out);
        if (out) graphs.note_others(*out);
        return out;
      }
    }
    if (const auto files = ending_with(names_, {".nemo", ".bin", ".pt", ".pth", ".ckpt"});
        !files.empty()) {
      return open_one_of(files, "pytorch_model.bin");
    }
    if (has("config.json")) return open_config(below("config.json"));
    return fail(Errc::not_found, "has no model in it", path_,
                "known are GGUF, safetensors, ONNX, PyTorch, .nemo and config.json");
  }

 private:
  std::string below(std::string_view name) const { return path_ + "/" + std::string(name); }

  Result<ModelFile> open_one_of(const Names& files, const std::string& usual) const {
    if (has(usual)) return open_file(below(usual));
    return has_part(files.front(), "-of-") ? open_parts(files) : open_file(below(files.front()));
  }
  // Numbered files without an index: all of them, "model-00001-of-00003.safetensors" and so on.
  Result<ModelFile> open_parts(const Names& files) const {
    const std::string& first = files.front();
    const auto of = first.find("-of-");
    const auto total = first.substr(of, first.find('.', of) - of);
    std::optional<ModelFile> whole;
    std::size_t count = 0;
    for (const std::string& name : files) {
      if (!has_part(name, total)) continue;
      auto part = open_file(below(name));
      if (!part) return part;
      ++count;
      if (whole) {
        add_file(*whole, std::move(*part));
      } else {
        whole = std::move(*part);
      }
    }
    if (std::to_string(count) !=
        total.substr(std::min(total.size(), total.find_first_not_of("-of0")))) {
      return fail(
          Errc::not_found,
          "has " + std::to_string(count) + " of the files that " + in_quotes(first) + " is one of",
          path_, "fetch the others: the model loads only as a whole");
    }
    whole->path = path_;
    if (const Status ok = check_names(*whole); !ok) return tl::unexpected<Error>(ok.error());
    return std::move(*whole);
  }
  Result<ModelFile> open_ggufs(const Names& files) const {
    Names models, projectors;
    for (const std::string& name : files) {
      const bool later = has_part(name, "-of-") && !has_part(name, "-00001-of-");
      if (has_part(name, "mmproj")) {
        projectors.push_back(name);
      } else if (!later || models.empty()) {
        models.push_back(name);
      }
    }
    auto out = open_gguf(below(models.empty() ? projectors.front() : models.front()));
    if (!out) return out;
    if (!models.empty() && !projectors.empty()) {
      auto projector = open_gguf(below(projectors.front()));
      if (!projector) return projector;
      add_file(*out, std::move(*projector));
      out->notes.push_back("with the projector " + in_quotes(projectors.front()));
    }
    return out;
  }
  Result<ModelFile> open_graphs(const Names& files) const {
    if (files.size() > kMostGraphs) {
      return fail(Errc::invalid, "has " + std::to_string(files.size()) + " ONNX files", path_,
                  "name the one that is meant");
    }
    Names chosen;
    // One decoder of transformers' three: the merged one is both others.
    const bool merged = std::any_of(files.begin(), files.end(), [](const std::string& name) {
      return has_part(name, "decoder_model_merged");
    });
    for (const std::string& name : files) {
      const std::string plain = without_precision(name) + ".onnx";
      const bool same = std::any_of(chosen.begin(), chosen.end(), [&](const std::string& other) {
        return without_precision(other) + ".onnx" == plain;
      });
      const bool better = name != plain && std::binary_search(files.begin(), files.end(), plain);
      const bool part = merged && has_part(name, "decoder") && !has_part(name, "merged");
      if (!same && !better && !part) chosen.push_back(name);
    }
    std::optional<ModelFile> whole;
    for (const std::string& name : chosen) {
      auto graph = open_file(below(name));
      if (!graph) return graph;
      if (whole) {
        add_file(*whole, std::move(*graph));
      } else {
        whole = std::move(*graph);
      }
    }
    whole->path = path_;
    if (chosen.size() > 1) whole->notes.push_back("all of " + listed(chosen) + " together");
    return std::move(*whole);
  }

  std::string path_;
  Names names_;
};

}  // namespace

Result<ModelFile> open_folder(const std::string& path) {
  Folder folder(path);
  if (const Status ok = folder.list(); !ok) return tl::unexpected<Error>(ok.error());
  if (folder.has("snapshots") && folder.has("refs")) {
    const auto snapshot = snapshot_of(path);
    if (!snapshot) return tl::unexpected<Error>(snapshot.error());
    folder = Folder(*snapshot);
    if (const Status ok = folder.list(); !ok) return tl::unexpected<Error>(ok.error());
  }
  auto out = folder.open();
  if (!out) return out;
  out->path = path;
  folder.note_others(*out);
  return out;
}

}  // namespace spillway::fit
