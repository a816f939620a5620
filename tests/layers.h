#pragma once

#include <filesystem>
#include <istream>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace spillway::layers {

/// One row of ARCHITECTURE.md's include table: what the sources of a folder may include.
struct Layer {
  bool anything = false;              ///< "what they need"
  bool only_c_headers = false;        ///< "nothing but C headers"
  std::set<std::string> folders;      ///< besides its own; a single file may be named as well
  std::set<std::string> third_party;  ///< libraries, named as in the table
};

using Layers = std::map<std::string, Layer>;

/// The rows under `| folder | may include | third party |`; empty if there is no such table.
Layers read_layers(std::istream& markdown);

/// One line "file:line: what is wrong" per include below `root` that the table does not allow.
std::vector<std::string> forbidden_includes(const std::filesystem::path& root,
                                            const Layers& layers);

/// One line per source file below `root` that is longer than `limit` lines.
std::vector<std::string> overlong_files(const std::filesystem::path& root, std::size_t limit);

}  // namespace spillway::layers
