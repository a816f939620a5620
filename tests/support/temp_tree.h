#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "tests/support/temp_dir.h"

namespace spillway::support {

/// A machine made of files: a temporary root directory for SysRoot, holding what a test writes into
/// it or copies from tests/fixtures. write() changes a file in place, as the kernel does, so that
/// descriptors that are kept open see it.
class TempTree : public TempDir {
 public:
  TempTree() = default;
  /// Starts as a copy of tests/fixtures/<fixture>.
  explicit TempTree(std::string_view fixture) { add(fixture); }

  /// Copies tests/fixtures/<fixture> over what is there.
  void add(std::string_view fixture) const {
    namespace fs = std::filesystem;
    fs::copy(fs::path(SPILLWAY_SOURCE_DIR) / "tests/fixtures" / fixture, path(),
             fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  }

  /// Puts a new file in the place of the old one, as rename(2) does.
  void replace(std::string_view below, std::string_view text) const {
    const std::string fresh = write(std::string(below) + ".new", text);
    std::filesystem::rename(fresh, *this / below);
  }

  /// Removes a file, or a directory with everything in it.
  void remove(std::string_view below) const { std::filesystem::remove_all(*this / below); }
};

}  // namespace spillway::support
