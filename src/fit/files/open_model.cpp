#include "fit/files/open_model.h"

#include <sys/stat.h>

#include <cerrno>

#include "fit/files/folder.h"
#include "fit/files/stores.h"

namespace spillway::fit {

Surroundings surroundings_from(const std::function<const char*(const char*)>& variable) {
  const auto value = [&](const char* name) {
    const char* found = variable(name);
    return found == nullptr ? std::string() : std::string(found);
  };
  Surroundings out{.home = value("HOME"),
                   .ollama_models = value("OLLAMA_MODELS"),
                   .hf_hub_cache = value("HF_HUB_CACHE"),
                   .hf_home = value("HF_HOME")};
  // As huggingface_hub's constants.py: an older name, and the desktop's place for caches.
  if (out.hf_hub_cache.empty()) out.hf_hub_cache = value("HUGGINGFACE_HUB_CACHE");
  const std::string caches = value("XDG_CACHE_HOME");
  if (out.hf_home.empty() && !caches.empty()) out.hf_home = caches + "/huggingface";
  return out;
}

Result<ModelFile> open_model(const std::string& path_or_name, const Surroundings& surroundings) {
  if (path_or_name.empty() || path_or_name.find('\0') != std::string::npos) {
    return fail(Errc::invalid, "no model is named", path_or_name);
  }
  struct stat facts {};
  if (::stat(path_or_name.c_str(), &facts) == 0) {
    std::string path = path_or_name;
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    return S_ISDIR(facts.st_mode) ? open_folder(path) : open_file(path);
  }
  // What is there and cannot be followed is no name.
  const Error why = system_error(errno, path_or_name);
  if (why.code != Errc::not_found) return tl::unexpected<Error>(why);
  if (auto found = open_hugging_face_name(path_or_name, surroundings)) return *found;
  if (auto found = open_ollama_name(path_or_name, surroundings)) return *found;
  return fail(Errc::not_found,
              "is no file or folder, and no name in Ollama's store or the Hugging Face cache",
              path_or_name, "pull it first, or name its size: --params 7B --dtype fp16");
}

}  // namespace spillway::fit
