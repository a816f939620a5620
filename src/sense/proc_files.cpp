#include "sense/proc_files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <string>

#include "base/text.h"
#include "sense/fields.h"

namespace spillway {
namespace {

constexpr std::int64_t kMostPids = 1 << 22;  // PID_MAX_LIMIT, include/linux/threads.h

std::optional<pid_t> parse_pid(std::string_view text) {
  const auto number = parse_i64(text);
  if (!number || *number <= 0 || *number > kMostPids) return std::nullopt;
  return static_cast<pid_t>(*number);
}

/// The rest of the first line that begins with `key`.
std::optional<std::string_view> line_of(std::string_view text, std::string_view key) {
  while (const auto line = next_line(text)) {
    if (line->starts_with(key)) return line->substr(key.size());
  }
  return std::nullopt;
}

std::optional<Bytes> kib_of(std::string_view text, std::string_view key) {
  auto rest = line_of(text, key);
  const auto digits = rest ? next_word(*rest) : std::nullopt;
  return digits && next_word(*rest) == "kB" ? parse_amount(*digits, 1024) : std::nullopt;
}

std::optional<ino_t> pid_namespace_of(const SysRoot& root, const std::string& directory) {
  const auto fd = root.open(directory + "/ns/pid", O_RDONLY);
  struct stat info {};
  if (!fd || ::fstat(fd->get(), &info) != 0) return std::nullopt;
  return info.st_ino;
}

}  // namespace

Result<Bytes> parse_statm(std::string_view text, std::int64_t page_size) {
  auto line = next_line(text);
  if (line && next_word(*line)) {
    const auto resident = next_word(*line);
    const auto amount = resident ? parse_amount(*resident, page_size) : std::nullopt;
    if (amount) return *amount;
  }
  return fail(Errc::invalid, "not the page counts of statm");
}

Result<ProcessStatus> parse_status(std::string_view text) {
  auto uids = line_of(text, "Uid:");
  const auto real = uids ? next_word(*uids) : std::nullopt;
  const auto effective = real ? next_word(*uids) : std::nullopt;
  const auto uid = effective ? parse_u64(*effective) : std::nullopt;
  if (!uid || *uid > static_cast<uid_t>(-1)) return fail(Errc::invalid, "no usable Uid");
  return ProcessStatus{static_cast<uid_t>(*uid), kib_of(text, "VmSwap:")};
}

std::vector<pid_t> parse_nspid(std::string_view status) {
  std::vector<pid_t> pids;
  auto rest = line_of(status, "NSpid:");
  while (const auto word = rest ? next_word(*rest) : std::nullopt) {
    const auto pid = parse_pid(*word);
    if (!pid) return {};
    pids.push_back(*pid);
  }
  return pids;
}

Result<Bytes> parse_smaps_rollup(std::string_view text) {
  const auto pss = kib_of(text, "Pss:");
  if (!pss) return fail(Errc::invalid, "no usable Pss");
  return *pss;
}

Result<int> parse_oom_score_adj(std::string_view text) {
  const auto number = parse_i64(trimmed(text));
  if (!number || *number < -1000 || *number > 1000) return fail(Errc::invalid, "not -1000..1000");
  return static_cast<int>(*number);
}

Result<std::vector<pid_t>> pids_with_inner(const SysRoot& root, pid_t inner) {
  const auto names = root.list("/proc");
  if (!names) return tl::unexpected(names.error());
  std::vector<pid_t> found;
  for (const std::string& name : *names) {
    const auto pid = parse_pid(name);
    if (!pid) continue;
    const auto status = root.read("/proc/" + name + "/status");
    if (!status) continue;  // it has just ended
    const auto pids = parse_nspid(*status);
    if (!pids.empty() && pids.back() == inner) found.push_back(*pid);
  }
  return found;
}

std::optional<pid_t> parse_last_pid(std::string_view loadavg) {
  auto line = next_line(loadavg);
  for (int skipped = 0; line && skipped < 4; ++skipped) next_word(*line);
  const auto word = line ? next_word(*line) : std::nullopt;
  return word ? parse_pid(*word) : std::nullopt;
}

Result<pid_t> host_pid(const SysRoot& root, pid_t inner, std::optional<ino_t> pid_namespace) {
  const auto candidates = pids_with_inner(root, inner);
  if (!candidates) return tl::unexpected(candidates.error());
  std::optional<pid_t> found;
  for (const pid_t pid : *candidates) {
    const std::string directory = "/proc/" + std::to_string(pid);
    if (pid_namespace && pid_namespace_of(root, directory) != pid_namespace) continue;
    if (found) {
      return fail(Errc::refused, "several processes have this pid in their namespaces",
                  root.where("/proc"));
    }
    found = pid;
  }
  if (!found) return fail(Errc::not_found, "no process has this pid", root.where("/proc"));
  return *found;
}

}  // namespace spillway
