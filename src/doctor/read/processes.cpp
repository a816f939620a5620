#include "doctor/read/processes.h"

#include <algorithm>

#include "doctor/read/fields.h"
#include "port/cgroup_fs.h"

namespace spillway::doctor {
namespace {

constexpr std::size_t kMostProcesses = 1 << 16;
constexpr std::size_t kLongestFile = 64 * 1024;
constexpr std::size_t kLongestCommand = 1024;
constexpr Bytes kBig{64 << 20};  // whose limits are read: smaller ones run into none

constexpr std::array kStatus{KibField<Process>{"VmSize", &Process::virtual_size},
                             KibField<Process>{"VmHWM", &Process::peak_resident},
                             KibField<Process>{"VmRSS", &Process::resident},
                             KibField<Process>{"RssAnon", &Process::anonymous},
                             KibField<Process>{"VmSwap", &Process::swapped}};

/// Arguments end with a zero byte each; programs may also write anything there.
std::string command_of(std::string_view arguments) {
  std::string command(arguments.substr(0, kLongestCommand));
  std::replace(command.begin(), command.end(), '\0', ' ');
  return std::string(trimmed(command));
}

class ProcessReader {
 public:
  explicit ProcessReader(const SysRoot& root) : root_(root) {
    const auto groups = CgroupFs::locate(root);
    if (!groups) return;
    if (const auto& hierarchy = groups->memory() ? groups->memory() : groups->unified()) {
      version_ = hierarchy->version;
    }
  }

  std::optional<Process> read(const std::string& pid) const {
    // Below a directory of its own nothing can be another process's that was given the same pid.
    const SysRoot own = root_.below("/proc/" + pid);
    const auto status = own.read("status", kLongestFile);
    auto process = status ? parse_process_status(*status) : std::nullopt;
    if (!process) return std::nullopt;
    process->pid = static_cast<pid_t>(parse_i64(pid).value_or(0));
    if (const auto text = own.read("cmdline", SysRoot::kReadLimit)) {
      process->command = command_of(*text);
    }
    const auto cgroup = version_ ? own.read("cgroup", kLongestFile) : tl::unexpected(Error{});
    if (cgroup) process->group = parse_group(*cgroup, *version_).value_or("");
    if (const auto text = own.read("oom_score_adj", kLongestFile)) {
      const auto adj = parse_i64(trimmed(*text));
      if (adj && *adj >= -1000 && *adj <= 1000) process->oom_score_adj = static_cast<int>(*adj);
    }
    if (process->resident.value_or(Bytes{}) >= kBig) {
      if (const auto text = own.read("limits", kLongestFile)) {
        process->address_limit = parse_address_limit(*text);
      }
    }
    return process;
  }

 private:
  SysRoot root_;
  std::optional<CgroupVersion> version_;
};

}  // namespace

std::optional<Process> parse_process_status(std::string_view text) {
  Process process;
  while (const auto line = next_line(text)) {
    if (line->starts_with("Name:")) {
      process.name = trimmed(line->substr(5)).substr(0, 64);
    } else if (line->starts_with("Uid:")) {
      std::string_view rest = line->substr(4);
      if (const auto uid = next_word(rest))
        process.uid = static_cast<uid_t>(parse_u64(*uid).value_or(0));
    } else {
      fill_kib(*line, kStatus, process);
    }
  }
  if (process.name.empty() || !process.resident) return std::nullopt;
  return process;
}

std::optional<Bytes> parse_address_limit(std::string_view limits) {
  constexpr std::string_view kKey = "Max address space";
  while (const auto line = next_line(limits)) {
    if (!line->starts_with(kKey)) continue;
    std::string_view rest = line->substr(kKey.size());
    const auto soft = next_word(rest);
    return soft ? amount_of(*soft) : std::nullopt;
  }
  return std::nullopt;
}

std::vector<Limit> read_limits(const SysRoot& root) {
  constexpr std::array<std::string_view, 3> kNames{"address space", "locked memory", "open files"};
  std::vector<Limit> limits;
  const auto text = root.read("/proc/self/limits", kLongestFile);
  std::string_view rest = text ? std::string_view(*text) : std::string_view();
  while (const auto line = next_line(rest)) {
    for (const std::string_view name : kNames) {
      const std::string key = "Max " + std::string(name) + " ";
      if (!line->starts_with(key)) continue;
      std::string_view words = line->substr(key.size());
      if (const auto soft = next_word(words))
        limits.push_back({std::string(name), std::string(*soft)});
    }
  }
  return limits;
}

std::vector<Process> read_processes(const SysRoot& root) {
  std::vector<Process> processes;
  const auto names = root.list("/proc");
  if (!names) return processes;
  const ProcessReader reader(root);
  for (const std::string& name : *names) {
    const bool is_pid = name.size() < 10 && parse_u64(name).value_or(0) > 0;
    if (!is_pid || processes.size() == kMostProcesses) continue;
    if (auto process = reader.read(name)) processes.push_back(std::move(*process));
  }
  std::sort(processes.begin(), processes.end(),
            [](const Process& a, const Process& b) { return a.pid < b.pid; });
  return processes;
}

}  // namespace spillway::doctor
