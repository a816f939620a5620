#include "calibrate/process_tree.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "base/text.h"

namespace spillway {
namespace {

namespace fs = std::filesystem;

std::string file_of(pid_t process, const char* name) {
  return fmt::format("/proc/{}/{}", process, name);
}

std::optional<pid_t> parent_of(pid_t process) {
  std::ifstream file(file_of(process, "stat"));
  std::string line;
  std::getline(file, line);
  const auto bracket = line.rfind(')');  // the name may hold blanks and brackets
  if (bracket == std::string::npos) return std::nullopt;
  std::string_view rest = std::string_view(line).substr(bracket + 1);
  next_word(rest);  // the state
  const auto parent = parse_u64(next_word(rest).value_or(""));
  return parent ? std::optional(static_cast<pid_t>(*parent)) : std::nullopt;
}

std::multimap<pid_t, pid_t> children_by_parent() {
  std::multimap<pid_t, pid_t> found;
  std::error_code error;
  for (fs::directory_iterator entry("/proc", error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    const auto number = parse_u64(entry->path().filename().string());
    if (!number) continue;
    const auto process = static_cast<pid_t>(*number);
    if (const auto parent = parent_of(process)) found.emplace(*parent, process);
  }
  return found;
}

}  // namespace

std::vector<pid_t> processes_below(pid_t root) {
  const auto children = children_by_parent();
  std::vector<pid_t> found{root};
  // A tree: pids that were given away while we read cannot bring anybody in twice, or for ever.
  for (std::size_t i = 0; i < found.size() && found.size() <= children.size(); ++i) {
    const auto [first, last] = children.equal_range(found[i]);
    for (auto child = first; child != last; ++child) found.push_back(child->second);
  }
  found.erase(found.begin());
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

std::optional<Bytes> rss_of(pid_t process) {
  std::ifstream file(file_of(process, "statm"));
  std::int64_t size = 0, resident = 0;
  if (!(file >> size >> resident)) return std::nullopt;
  return Bytes{resident * ::sysconf(_SC_PAGESIZE)};
}

std::optional<Bytes> pss_of(pid_t process) {
  std::ifstream file(file_of(process, "smaps_rollup"));
  for (std::string line; std::getline(file, line);) {
    std::string_view rest = line;
    if (next_word(rest) != "Pss:") continue;
    const auto kib = parse_i64(next_word(rest).value_or(""));
    return kib ? std::optional(Bytes{*kib * 1024}) : std::nullopt;
  }
  return std::nullopt;
}

bool has_gpu_open(pid_t process) {
  constexpr std::array<std::string_view, 4> kDevices{"/dev/nvidia", "/dev/dri/", "/dev/kfd",
                                                     "/dev/dxg"};
  std::error_code error;
  for (fs::directory_iterator entry(file_of(process, "fd"), error);
       !error && entry != fs::directory_iterator(); entry.increment(error)) {
    std::error_code ignored;
    const std::string target = fs::read_symlink(entry->path(), ignored).string();
    for (const std::string_view device : kDevices) {
      if (target.starts_with(device)) return true;
    }
  }
  return false;
}

}  // namespace spillway
