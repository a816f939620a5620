#include "sense/device_pids.h"

#include <algorithm>

#include "port/process_handle.h"
#include "sense/proc_files.h"

namespace spillway {
namespace {

std::string directory_of(pid_t pid) { return "/proc/" + std::to_string(pid); }

}  // namespace

pid_t DevicePids::host_pid(pid_t reported) {
  const auto known = known_.find(reported);
  if (known != known_.end()) {
    if (start_of(known->second.pid) == known->second.start_ticks) return known->second.pid;
    known_.erase(known);
  }
  const pid_t pid = find(reported);
  const std::uint64_t start = start_of(pid);
  if (start == 0) return pid;                 // not to be seen from here
  if (known_.size() >= 4096) known_.clear();  // those that ended are never asked for again
  known_[reported] = {pid, start};
  return pid;
}

/// 0: no such process.
std::uint64_t DevicePids::start_of(pid_t pid) const {
  const auto line = root_.read(directory_of(pid) + "/stat", 4096);
  const auto who = line ? parse_process_stat(*line) : fail(Errc::not_found, "ended");
  return who ? who->start_ticks : 0;
}

DevicePids::Holds DevicePids::holds_device(pid_t pid) const {
  const std::string directory = directory_of(pid) + "/fd/";
  const auto descriptors = root_.list(directory);
  if (!descriptors) return is_absent(descriptors.error()) ? Holds::no : Holds::cannot_tell;
  const bool found =
      std::any_of(descriptors->begin(), descriptors->end(), [&](const std::string& fd) {
        const auto link = root_.read_link(directory + fd);
        return link && link->starts_with(prefix_);
      });
  return found ? Holds::yes : Holds::no;
}

pid_t DevicePids::find(pid_t reported) const {
  if (holds_device(reported) != Holds::no) return reported;
  const auto candidates = pids_with_inner(root_, reported);
  if (!candidates) return reported;
  pid_t found = 0;
  for (const pid_t pid : *candidates) {
    if (holds_device(pid) == Holds::no) continue;
    if (found != 0) return reported;  // ambiguous: a wrong name would be worse
    found = pid;
  }
  return found != 0 ? found : reported;
}

}  // namespace spillway
