#pragma once

#include <string>
#include <string_view>

#include "doctor/state/machine_state.h"

namespace spillway::doctor {

/// Where a process belongs, by its cgroup: to a container, else to a unit of systemd. Both empty when it
/// is in neither.
struct Place {
  std::string unit;       // "ollama.service", "session-2.scope"
  std::string container;  // the first twelve digits of its id, or its name
};
/// Names as Docker, containerd, CRI-O, Podman, LXC and systemd-nspawn give them (the cgroup driver of
/// each), with systemd or cgroupfs.
Place place_of(std::string_view group);

/// What a person calls it: the program's file name; of an interpreter what it runs ("python3 main.py",
/// "python3 -m vllm"). The kernel's name for it where there is no command line.
std::string program_of(const Process& process);

}  // namespace spillway::doctor
