#include "config/load.h"

#include <fmt/format.h>

#include "config/reader.h"

namespace spillway {

std::string to_string(const Origin& origin) {
  if (origin.file.empty()) return "default";
  if (origin.line == 0) return origin.file;
  return fmt::format("{}:{}:{}", origin.file, origin.line, origin.column);
}

std::string to_string(const ConfigProblem& problem) {
  return fmt::format("{}: {}{}", to_string(problem.at), problem.what,
                     problem.hint.empty() ? "" : " (" + problem.hint + ")");
}

LoadedConfig load_config(const ConfigPlaces& places) {
  ConfigEntries entries;
  std::vector<ConfigProblem> problems;
  std::vector<std::string> files;
  for (const ConfigFile& file : config_files(places)) {
    entries.read(file, problems);
    files.push_back(file.path);
  }

  LoadedConfig loaded = ConfigReader(entries).read();
  loaded.files = std::move(files);
  loaded.problems.insert(loaded.problems.begin(), problems.begin(), problems.end());
  if (!loaded.usable()) loaded.config = {};
  return loaded;
}

}  // namespace spillway
