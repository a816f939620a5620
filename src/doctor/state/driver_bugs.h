#pragma once

#include <string_view>
#include <vector>

namespace spillway::doctor {

/// A bug of NVIDIA's driver that concerns memory, in the versions from `first` to before `fixed`.
struct DriverBug {
  std::string_view first, fixed;
  std::string_view what;
  std::string_view source;  // who says so
};

/// Those of this version ("535.54.03"); none for what is no version.
std::vector<DriverBug> driver_bugs(std::string_view version);

}  // namespace spillway::doctor
