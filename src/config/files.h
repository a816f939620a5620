#pragma once

#include <string>
#include <vector>

#include "config/load.h"

namespace spillway {

/// A file that counts, and with whose rights.
struct ConfigFile {
  std::string path;
  bool is_system = true;
};

/// The files to read, in the order in which they count; see load_config().
std::vector<ConfigFile> config_files(const ConfigPlaces& places);

}  // namespace spillway
