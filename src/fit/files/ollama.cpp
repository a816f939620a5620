#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include "base/text.h"
#include "fit/files/folder.h"
#include "fit/files/gguf.h"
#include "fit/files/json_walk.h"
#include "fit/files/parts.h"
#include "fit/files/stores.h"

namespace spillway::fit {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kLongestManifest = 1 << 20;
constexpr std::uint64_t kMostLayers = 1000;

bool is_part(const OllamaBlob& blob) {
  return blob.media_type == "application/vnd.ollama.image.model" ||
         blob.media_type == "application/vnd.ollama.image.projector" ||
         blob.media_type == "application/vnd.ollama.image.adapter";
}

// "sha256:<64 hexadecimal digits>" -> blobs/sha256-<...>
Result<std::string> blob_path(const std::string& manifest, const std::string& blobs,
                              const std::string& digest) {
  constexpr std::string_view kKind = "sha256:";
  const std::string_view hex =
      std::string_view(digest).substr(std::min(digest.size(), kKind.size()));
  if (!digest.starts_with(kKind) || hex.size() != 64 ||
      hex.find_first_not_of("0123456789abcdef") != hex.npos) {
    return fail(Errc::invalid, "names a blob by no digest: " + in_quotes(digest), manifest,
                "pull the model again");
  }
  return blobs + "/sha256-" + std::string(hex);
}

Result<ModelFile> open_blobs(const std::string& manifest, const std::string& blobs) {
  auto in = HeaderReader::open(manifest);
  if (!in) return tl::unexpected<Error>(in.error());
  const auto all = read_ollama_manifest(*in);
  if (!all) return tl::unexpected<Error>(all.error());
  std::optional<ModelFile> whole;
  for (const OllamaBlob& blob : *all) {
    if (!is_part(blob)) continue;
    const auto path = blob_path(manifest, blobs, blob.digest);
    if (!path) return tl::unexpected<Error>(path.error());
    auto part = open_file(*path);
    if (!part && part.error().code == Errc::not_found) {
      return fail(Errc::not_found, "a blob of the model is missing", *path, "pull the model again");
    }
    if (!part) return part;
    if (blob.size >= 0 && part->files.size() == 1 && part->on_disk.count != blob.size) {
      return fail(Errc::invalid, "is not as long as its manifest says", *path,
                  "pull the model again");
    }
    if (whole) {
      add_file(*whole, std::move(*part));
    } else {
      whole = std::move(*part);
    }
  }
  if (!whole) {
    return fail(Errc::unsupported, "has no model of the kinds that are known", manifest,
                "a model that runs elsewhere (cloud), or one of separate tensors");
  }
  whole->path = manifest;
  whole->bytes_read += in->bytes_read();
  return std::move(*whole);
}

bool is_name_part(std::string_view part) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !part.empty() && part.size() <= 100 && part.front() != '.' &&
         std::all_of(part.begin(), part.end(), allowed);
}

// "llama3.2:3b" -> registry.ollama.ai/library/llama3.2/3b
std::optional<std::string> manifest_below(std::string_view name) {
  std::string tag = "latest";
  if (const auto colon = name.rfind(':');
      colon != name.npos && name.find('/', colon) == name.npos) {
    tag = name.substr(colon + 1);
    name = name.substr(0, colon);
  }
  std::vector<std::string> parts;
  while (const auto part = next_token(name, '/')) {
    if (!is_name_part(*part) || parts.size() == 3) return std::nullopt;
    parts.emplace_back(*part);
  }
  if (parts.empty() || !is_name_part(tag)) return std::nullopt;
  if (parts.size() == 1) parts.insert(parts.begin(), "library");
  if (parts.size() == 2) parts.insert(parts.begin(), "registry.ollama.ai");
  return parts[0] + "/" + parts[1] + "/" + parts[2] + "/" + tag;
}

std::vector<std::string> stores_of(const Surroundings& s) {
  if (!s.ollama_models.empty()) return {s.ollama_models};
  std::vector<std::string> out;
  if (!s.home.empty()) out.push_back(s.home + "/.ollama/models");
  out.emplace_back("/usr/share/ollama/.ollama/models");  // the service's
  return out;
}

}  // namespace

Result<std::vector<OllamaBlob>> read_ollama_manifest(HeaderReader& in) {
  std::vector<OllamaBlob> out;
  if (in.left() > kLongestManifest) in.fail_here("a manifest of more than 1 MiB");
  const auto visit = [&](const JsonPath& path, const JsonScalar& value) {
    if (path.size() != 3 || path[0].name != "layers" || !path[1].in_array) return true;
    if (path[1].index >= kMostLayers) {
      in.fail_here("a manifest of more than 1000 layers");
      return false;
    }
    out.resize(std::max<std::size_t>(out.size(), path[1].index + 1));
    OllamaBlob& blob = out[path[1].index];
    const auto* text = std::get_if<std::string_view>(&value);
    if (text != nullptr && path[2].name == "mediaType") blob.media_type = *text;
    if (text != nullptr && path[2].name == "digest") blob.digest = *text;
    const auto* size = std::get_if<std::int64_t>(&value);
    if (size != nullptr && path[2].name == "size") blob.size = *size;
    return true;
  };
  if (in.ok()) walk_json(in, in.left(), visit);
  if (!in.ok()) return in.error();
  return out;
}

std::optional<Result<ModelFile>> open_ollama_name(const std::string& name,
                                                  const Surroundings& surroundings) {
  const auto below = manifest_below(name);
  if (!below) return std::nullopt;
  for (const std::string& store : stores_of(surroundings)) {
    const std::string manifest = store + "/manifests/" + *below;
    std::error_code ignored;
    if (!fs::is_regular_file(manifest, ignored)) continue;
    auto out = open_blobs(manifest, store + "/blobs");
    if (out) out->path = name;
    return out;
  }
  return std::nullopt;
}

Result<ModelFile> open_ollama_manifest(const std::string& path) {
  for (fs::path at = fs::path(path).parent_path(); at != at.parent_path(); at = at.parent_path()) {
    if (at.filename() == "manifests")
      return open_blobs(path, (at.parent_path() / "blobs").string());
  }
  return fail(Errc::unsupported, "is a manifest outside a store", path,
              "name it where it lies, below the folder manifests");
}

}  // namespace spillway::fit
