#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

#include "sense/drm_fdinfo.h"
#include "tests/support/temp_tree.h"

namespace spillway {

/// The symbolic links of /proc/PID/fd that fixtures cannot hold: one for each of their fdinfo files, to
/// the render node of the GPU that it names.
inline void link_descriptors(const support::TempTree& machine) {
  namespace fs = std::filesystem;
  for (const auto& entry : fs::recursive_directory_iterator(machine / "proc")) {
    if (!entry.is_regular_file() || entry.path().parent_path().filename() != "fdinfo") continue;
    const fs::path process = entry.path().parent_path().parent_path();
    const std::string below = fs::relative(entry.path(), machine.path()).string();
    std::string target = "/dev/null";
    if (const auto client = parse_drm_fdinfo(machine.read(below))) {
      const fs::path nodes = machine / ("sys/bus/pci/devices/" + client->address + "/drm");
      for (const auto& node : fs::directory_iterator(nodes)) {
        const std::string name = node.path().filename().string();
        if (name.starts_with("renderD")) target = "/dev/dri/" + name;
      }
    }
    fs::create_directories(process / "fd");
    fs::create_symlink(target, process / "fd" / entry.path().filename());
  }
}

/// Fixtures on top of each other, with their descriptors.
struct DrmMachine : support::TempTree {
  explicit DrmMachine(std::initializer_list<std::string_view> fixtures) {
    for (const std::string_view fixture : fixtures) add(fixture);
    if (std::filesystem::exists(*this / "proc")) link_descriptors(*this);
  }
  void put_to_sleep(const std::string& address) const {
    write("sys/bus/pci/devices/" + address + "/power/runtime_status", "suspended\n");
  }
  void wake(const std::string& address) const {
    write("sys/bus/pci/devices/" + address + "/power/runtime_status", "active\n");
  }
};

}  // namespace spillway
