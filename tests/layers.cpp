#include "tests/layers.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>
#include <regex>
#include <utility>

namespace spillway::layers {
namespace {

namespace fs = std::filesystem;

using Strings = std::vector<std::string>;

// Headers by how their path begins, and the library that the table knows them as.
constexpr std::array<std::pair<std::string_view, std::string_view>, 16> kLibraries{{
    {"fmt/", "fmt"},
    {"tl/", "tl::expected"},
    {"nlohmann/", "nlohmann/json"},
    {"toml++/", "toml++"},
    {"CLI/", "CLI11"},
    {"ncurses", "ncursesw"},
    {"curses", "ncursesw"},
    {"panel.h", "ncursesw"},
    {"httplib.h", "cpp-httplib"},
    {"spdlog/", "spdlog"},
    {"sqlite3.h", "SQLite"},
    {"zlib.h", "zlib"},
    {"yaml.h", "libyaml"},
    {"boost/", "Boost"},
    {"gtest/", "GoogleTest"},
    {"gmock/", "GoogleTest"},
}};

// Folders of /usr/include that belong to the kernel and the C library.
const std::set<std::string> kSystemFolders{"arpa", "asm", "bits", "linux", "net", "netinet", "sys"};

// What would let a clock, the outside world or the order of a hash table into a decision.
const std::set<std::string> kPureFolders{"assess", "decide"};
const std::set<std::string> kImpure{"base/clock.h",  "base/log.h",    "ctime",    "cstdio",
                                    "fstream",       "iostream",      "random",   "thread",
                                    "unordered_map", "unordered_set", "unistd.h", "filesystem"};

std::string trimmed(std::string text) {
  const auto first = text.find_first_not_of(" \t`");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t`") - first + 1);
}

Strings split(const std::string& text, char separator) {
  Strings parts;
  std::string part;
  for (const char c : text + separator) {
    if (c != separator) {
      part += c;
      continue;
    }
    parts.push_back(trimmed(std::exchange(part, {})));
  }
  return parts;
}

bool starts_with_any(const std::string& text, std::initializer_list<std::string_view> beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [&](std::string_view beginning) { return text.starts_with(beginning); });
}

// "base, model (files only)" -> {base, model}; "-" and "none" -> {}
std::set<std::string> names_in(const std::string& cell) {
  static const std::regex remark(R"(\([^)]*\))");
  std::set<std::string> names;
  for (std::string name : split(std::regex_replace(cell, remark, ""), ',')) {
    if (name.starts_with("include/")) name.erase(0, std::string_view("include/").size());
    if (!name.empty() && name != "-" && name != "none") names.insert(name);
  }
  return names;
}

Layer read_layer(const std::string& may_include, const std::string& third_party) {
  Layer layer;
  layer.anything = may_include.starts_with("what they need");
  layer.only_c_headers = may_include.starts_with("nothing but C headers");
  if (!layer.anything && !layer.only_c_headers) layer.folders = names_in(may_include);
  layer.third_party = names_in(third_party);
  return layer;
}

struct Include {
  std::string header;
  bool quoted = false;
};

std::optional<Include> include_in(const std::string& line) {
  static const std::regex include(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"].*)");
  std::smatch match;
  if (!std::regex_match(line, match, include)) return std::nullopt;
  return Include{.header = match[2], .quoted = match[1] == "\""};
}

bool is_source(const fs::path& file) {
  static const std::set<std::string> extensions{".c",  ".cpp", ".h",  ".hpp",  ".sh",
                                                ".py", ".awk", ".js", ".cmake"};
  return extensions.contains(file.extension().string()) || file.filename() == "CMakeLists.txt" ||
         file.filename() == "dev";
}

// The sources of the tree, sorted; builds, fixtures and hidden folders are not ours to judge.
std::vector<fs::path> sources_below(const fs::path& folder) {
  std::vector<fs::path> files;
  if (!fs::is_directory(folder)) return files;
  for (auto entry = fs::recursive_directory_iterator(folder); entry != fs::end(entry); ++entry) {
    const std::string name = entry->path().filename().string();
    if (entry->is_directory() && (name.starts_with('.') || name == "build" || name == "fixtures")) {
      entry.disable_recursion_pending();
    } else if (entry->is_regular_file() && is_source(entry->path())) {
      files.push_back(entry->path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

// One folder's sources against its row.
class FolderCheck {
 public:
  FolderCheck(std::string folder, const Layer& layer) : folder_(std::move(folder)), layer_(layer) {}

  // Why `file` may not have this include; nullopt if it may.
  std::optional<std::string> objection(const std::string& file, const Include& include) const {
    const bool test = file.ends_with("_test.cpp") || file.ends_with("_test.h");
    if (!test && kPureFolders.contains(folder_) && kImpure.contains(include.header)) {
      return folder_ + " is pure";
    }
    if (file.starts_with("apps/spillway/") && starts_with_any(include.header, {"sense/", "act/"})) {
      return "the CLI reaches sense and act only through capi";
    }
    return include.quoted ? own_objection(include.header, test)
                          : outside_objection(include.header, test);
  }

 private:
  std::optional<std::string> own_objection(const std::string& header, bool test) const {
    if (layer_.anything || header.starts_with(folder_ + "/")) return std::nullopt;
    if (test && starts_with_any(header, {"tests/support/", "base/", "model/", "port/"})) {
      return std::nullopt;
    }
    for (auto up = fs::path(header); !up.empty(); up = up.parent_path()) {
      if (layer_.folders.contains(up.string())) return std::nullopt;
    }
    return "the table does not let " + folder_ + " include it";
  }

  std::optional<std::string> outside_objection(const std::string& header, bool test) const {
    for (const auto& [beginning, library] : kLibraries) {
      if (!header.starts_with(beginning)) continue;
      if (test && library == "GoogleTest") return std::nullopt;
      if (layer_.third_party.contains(std::string(library))) return std::nullopt;
      return "the table does not give " + folder_ + " " + std::string(library);
    }
    if (header.starts_with("spillway/")) return own_objection(header, test);
    const auto slash = header.find('/');
    if (slash != std::string::npos && !kSystemFolders.contains(header.substr(0, slash))) {
      return "a library that tests/layers.cpp does not know";
    }
    if (layer_.only_c_headers && !test && !header.ends_with(".h")) {
      return folder_ + " has nothing but C headers";
    }
    return std::nullopt;
  }

  std::string folder_;
  const Layer& layer_;
};

void check_folder(const fs::path& root, const fs::path& at, const FolderCheck& check,
                  Strings& found) {
  for (const fs::path& path : sources_below(root / at)) {
    const std::string file = path.lexically_relative(root).string();
    std::ifstream in(path);
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
      const auto include = include_in(line);
      const auto objection = include ? check.objection(file, *include) : std::nullopt;
      if (!objection) continue;
      found.push_back(file + ":" + std::to_string(number) + ": includes " + include->header + ": " +
                      *objection);
    }
  }
}

}  // namespace

Layers read_layers(std::istream& markdown) {
  Layers layers;
  bool in_table = false;
  for (std::string line; std::getline(markdown, line);) {
    const Strings cells = split(line, '|');  // the first and the last are what is outside the bars
    if (cells.size() != 5) {
      in_table = false;
    } else if (cells[1] == "folder" && cells[2] == "may include" && cells[3] == "third party") {
      in_table = true;
    } else if (in_table && !cells[1].starts_with("--")) {
      for (std::string folder : names_in(cells[1])) {
        if (folder.ends_with("/*")) folder.resize(folder.size() - 2);
        layers[folder] = read_layer(cells[2], cells[3]);
      }
    }
  }
  return layers;
}

Strings forbidden_includes(const fs::path& root, const Layers& layers) {
  Strings found;
  for (const auto& [folder, layer] : layers) {
    const bool beside_src = folder == "apps" || folder == "interposer";
    check_folder(root, beside_src ? fs::path(folder) : fs::path("src") / folder,
                 FolderCheck(folder, layer), found);
  }
  for (const auto& entry : fs::directory_iterator(root / "src")) {
    const std::string name = entry.path().filename().string();
    if (entry.is_directory() && !layers.contains(name)) {
      found.push_back("src/" + name + ": has no row in the include table");
    }
  }
  return found;
}

Strings overlong_files(const fs::path& root, std::size_t limit) {
  Strings found;
  for (const fs::path& path : sources_below(root)) {
    std::ifstream in(path);
    const auto lines =
        static_cast<std::size_t>(std::count(std::istreambuf_iterator<char>(in), {}, '\n'));
    if (lines > limit) {
      found.push_back(path.lexically_relative(root).string() + ": " + std::to_string(lines) +
                      " lines");
    }
  }
  return found;
}

}  // namespace spillway::layers
