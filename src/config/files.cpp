#include "config/files.h"

#include <filesystem>
#include <map>
#include <system_error>

namespace spillway {
namespace fs = std::filesystem;
namespace {

bool exists(const std::string& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

}  // namespace

ConfigPlaces config_places(bool user_mode,
                           const std::function<const char*(const char*)>& environment) {
  ConfigPlaces places;
  places.trees = {{"/usr/lib/spillway"}, {"/run/spillway"}, {"/etc/spillway"}};
  if (!user_mode) return places;
  const auto absolute = [&](const char* variable) -> std::string {
    const char* value = environment(variable);
    return value != nullptr && value[0] == '/' ? value : "";
  };
  std::string base = absolute("XDG_CONFIG_HOME");
  if (base.empty() && !absolute("HOME").empty()) base = absolute("HOME") + "/.config";
  if (!base.empty()) places.trees.push_back({base + "/spillway", false});
  return places;
}

std::vector<ConfigFile> config_files(const ConfigPlaces& places) {
  if (!places.only.empty()) return {{places.only, true}};
  std::vector<ConfigFile> files;
  for (auto tree = places.trees.rbegin(); tree != places.trees.rend() && files.empty(); ++tree) {
    std::string path = tree->directory + "/spillway.toml";
    if (exists(path)) files.push_back({std::move(path), tree->is_system});
  }

  std::map<std::string, ConfigFile> drop_ins;  // by file name, which is their order
  for (const ConfigTree& tree : places.trees) {
    std::error_code error;
    fs::directory_iterator entry(tree.directory + "/spillway.toml.d", error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
      const fs::path& path = entry->path();
      if (path.extension() != ".toml") continue;
      drop_ins[path.filename().native()] = {path.native(), tree.is_system};
    }
  }
  for (auto& [name, file] : drop_ins) files.push_back(std::move(file));
  return files;
}

}  // namespace spillway
