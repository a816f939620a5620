#include <algorithm>
#include <filesystem>
#include <vector>

#include "base/text.h"
#include "fit/files/folder.h"
#include "fit/files/parts.h"
#include "fit/files/stores.h"

namespace spillway::fit {
namespace {

namespace fs = std::filesystem;

std::string cache_of(const Surroundings& s) {
  if (!s.hf_hub_cache.empty()) return s.hf_hub_cache;
  if (!s.hf_home.empty()) return s.hf_home + "/hub";
  return s.home.empty() ? std::string() : s.home + "/.cache/huggingface/hub";
}

// "org/model", or the old ones' "gpt2".
bool is_repository(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '/';
  };
  return !name.empty() && name.size() <= 200 && std::all_of(name.begin(), name.end(), allowed) &&
         std::count(name.begin(), name.end(), '/') <= 1 && name.front() != '/' &&
         name.front() != '.' && name.back() != '/' && name.find("..") == name.npos;
}

}  // namespace

Result<std::string> snapshot_of(const std::string& repository) {
  const fs::path snapshots = fs::path(repository) / "snapshots";
  auto ref = HeaderReader::open(repository + "/refs/main");
  if (ref) {
    const std::string text = ref->text(std::min<std::uint64_t>(ref->size(), 100), 100);
    const std::string_view commit = trimmed(text);
    const bool hex = !commit.empty() && commit.find_first_not_of("0123456789abcdef") == commit.npos;
    std::error_code ignored;
    if (hex && fs::is_directory(snapshots / commit, ignored)) return (snapshots / commit).string();
    if (!hex) {
      return fail(Errc::invalid, "names no commit", repository + "/refs/main",
                  "fetch the model again");
    }
  }
  std::vector<std::string> all;
  std::error_code error;
  for (fs::directory_iterator at(snapshots, error), end; !error && at != end && all.size() < 2;
       at.increment(error)) {
    all.push_back(at->path().string());
  }
  if (all.size() == 1) return all.front();
  return fail(Errc::not_found,
              all.empty() ? "has no snapshot" : "has several snapshots and no main one", repository,
              all.empty() ? "fetch the model again" : "name the folder of one of its snapshots");
}

std::optional<Result<ModelFile>> open_hugging_face_name(const std::string& name,
                                                        const Surroundings& surroundings) {
  const std::string cache = cache_of(surroundings);
  if (cache.empty() || !is_repository(name)) return std::nullopt;
  std::string folder = name;
  if (const auto slash = folder.find('/'); slash != folder.npos) folder.replace(slash, 1, "--");
  const std::string repository = cache + "/models--" + folder;
  std::error_code ignored;
  if (!fs::is_directory(repository, ignored)) return std::nullopt;
  auto out = open_folder(repository);
  if (out) out->path = name;
  return out;
}

}  // namespace spillway::fit
