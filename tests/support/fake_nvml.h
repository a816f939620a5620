#pragma once

#include <stdlib.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <string_view>

#include "tests/support/temp_dir.h"

namespace spillway::support {

/// The library that tests/support/fake_nvml builds, and what it is to answer. The path of the library
/// is given to the test by its CMakeLists.txt.
class FakeNvml {
 public:
  FakeNvml() { ::setenv("SPILLWAY_FAKE_NVML", (directory_ / "script").c_str(), 1); }
  ~FakeNvml() { ::unsetenv("SPILLWAY_FAKE_NVML"); }

  static std::string library() { return SPILLWAY_FAKE_NVML_NEW; }
  static std::string old_library() { return SPILLWAY_FAKE_NVML_OLD; }

  /// Replaces the whole script at once, so that no call reads half of it.
  void says(std::string_view script) const {
    directory_.write("script.new", script);
    std::filesystem::rename(directory_ / "script.new", directory_ / "script");
  }
  /// How often a function was called.
  int calls(std::string_view function) const {
    std::istringstream lines(directory_.read("script.calls"));
    int count = 0;
    for (std::string line; std::getline(lines, line);) count += line == function ? 1 : 0;
    return count;
  }

 private:
  TempDir directory_;
};

}  // namespace spillway::support
