#include "act/frozen_notes.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/fd.h"
#include "base/text.h"
#include "port/cgroup_handle.h"
#include "port/process_handle.h"
#include "port/text_file.h"

namespace spillway {
namespace {

namespace fs = std::filesystem;

std::string file_name(const ProcessKey& process) {
  return std::to_string(process.pid) + "-" + std::to_string(process.start_ticks);
}

std::optional<ProcessKey> process_of(std::string_view name) {
  const auto dash = name.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto pid = parse_u64(name.substr(0, dash));
  const auto ticks = parse_u64(name.substr(dash + 1));
  constexpr std::uint64_t kMostPids = 1 << 22;  // PID_MAX_LIMIT
  if (!pid || !ticks || *pid == 0 || *pid > kMostPids) return std::nullopt;
  return ProcessKey{static_cast<pid_t>(*pid), *ticks};
}

Status resume(const ProcessKey& process, const std::string& cgroup) {
  if (cgroup.empty()) {
    const auto handle = ProcessHandle::open(process.pid, process.start_ticks);
    return handle ? handle->signal(SIGCONT) : Status(tl::unexpected(handle.error()));
  }
  const auto group = CgroupHandle::open(cgroup);
  return group ? group->thaw() : Status(tl::unexpected(group.error()));
}

}  // namespace

Status FrozenNotes::write(const ProcessKey& process, const std::string& cgroup) const {
  if (directory_.empty()) return {};
  std::error_code error;
  fs::create_directories(directory_, error);
  const std::string path = directory_ + "/" + file_name(process);
  constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
  const UniqueFd fd(::open(path.c_str(), kFlags, S_IRUSR | S_IWUSR));
  if (!fd) return tl::unexpected(system_error(errno, path));
  // Not synced: what a killed process wrote stays, and after a power cut nothing is frozen.
  if (::write(fd.get(), cgroup.data(), cgroup.size()) != static_cast<ssize_t>(cgroup.size())) {
    const Error why = system_error(errno, path);
    ::unlink(path.c_str());
    return tl::unexpected(why);
  }
  return {};
}

void FrozenNotes::erase(const ProcessKey& process) const {
  if (!directory_.empty()) ::unlink((directory_ + "/" + file_name(process)).c_str());
}

std::vector<std::string> FrozenNotes::thaw_all() const {
  std::vector<std::string> words;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory_, error)) {
    const auto process = process_of(entry.path().filename().string());
    if (!process) continue;
    const auto cgroup = read_text_file(entry.path().string());
    if (!cgroup) {
      words.push_back(to_string(cgroup.error()) + ": what it names may be frozen");
      continue;
    }
    const Status resumed = resume(*process, *cgroup);
    const std::string what =
        cgroup->empty() ? "process " + std::to_string(process->pid) : "control group " + *cgroup;
    if (resumed) {
      words.push_back("thawed " + what + ", which a guard that was killed had left frozen");
    } else if (resumed.error().code != Errc::not_found) {
      words.push_back(what + " stays frozen: " + to_string(resumed.error()));
      continue;
    }
    ::unlink(entry.path().c_str());
  }
  return words;
}

}  // namespace spillway
