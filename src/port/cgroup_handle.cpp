#include "port/cgroup_handle.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/clock.h"
#include "base/text.h"

namespace spillway {
namespace {

/// Small enough that a deadline is kept within a few milliseconds, even on slow swap.
constexpr Bytes kPiece = 16_MiB;

bool climbs(std::string_view path) {
  while (const auto part = next_token(path, '/')) {
    if (*part == "..") return true;
  }
  return false;
}

}  // namespace

Result<CgroupHandle> CgroupHandle::open(const std::string& directory) {
  if (climbs(directory)) return fail(Errc::invalid, "a cgroup path holds '..'", directory);
  UniqueFd fd(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return tl::unexpected(system_error(errno, directory));
  return CgroupHandle(directory, std::move(fd));
}

Result<CgroupHandle> CgroupHandle::create(const std::string& directory) {
  if (climbs(directory)) return fail(Errc::invalid, "a cgroup path holds '..'", directory);
  if (mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST) {
    return tl::unexpected(system_error(errno, directory));
  }
  return open(directory);
}

bool CgroupHandle::has(const char* attribute) const {
  return faccessat(directory_.get(), attribute, F_OK, 0) == 0;
}

Result<std::string> CgroupHandle::read(const char* attribute) const {
  const UniqueFd fd(openat(directory_.get(), attribute, O_RDONLY | O_CLOEXEC));
  if (!fd) return tl::unexpected(system_error(errno, place(attribute)));
  std::string text;
  std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size());
    if (n == 0) return text;
    if (n > 0) {
      text.append(buffer.data(), static_cast<std::size_t>(n));
    } else if (errno != EINTR) {
      return tl::unexpected(system_error(errno, place(attribute)));
    }
  }
}

Status CgroupHandle::write(const char* attribute, std::string_view text) const {
  const UniqueFd fd(openat(directory_.get(), attribute, O_WRONLY | O_CLOEXEC));
  if (!fd) return tl::unexpected(system_error(errno, place(attribute)));
  ssize_t n;
  do {
    n = ::write(fd.get(), text.data(), text.size());
  } while (n < 0 && errno == EINTR);
  if (n < 0) return tl::unexpected(system_error(errno, place(attribute)));
  return {};
}

Result<std::optional<Bytes>> CgroupHandle::bytes(const char* attribute) const {
  const auto text = read(attribute);
  if (!text) return tl::unexpected(text.error());
  if (trimmed(*text) == "max") return std::optional<Bytes>();
  const auto count = parse_i64(trimmed(*text));
  if (!count || *count < 0) return fail(Errc::invalid, "not a number of bytes", place(attribute));
  return std::optional(Bytes{*count});
}

Result<std::uint64_t> CgroupHandle::keyed(const char* attribute, std::string_view key) const {
  const auto text = read(attribute);
  if (!text) return tl::unexpected(text.error());
  std::string_view rest = *text;
  while (auto line = next_token(rest, '\n')) {
    if (next_word(*line) != key) continue;
    if (const auto value = parse_u64(trimmed(*line))) return *value;
    return fail(Errc::invalid, "not a number after " + std::string(key), place(attribute));
  }
  return fail(Errc::not_found, "no line " + std::string(key), place(attribute));
}

Result<std::vector<pid_t>> CgroupHandle::pids() const {
  const auto text = read("cgroup.procs");
  if (!text) return tl::unexpected(text.error());
  std::vector<pid_t> pids;
  std::string_view rest = *text;
  while (const auto word = next_word(rest)) {
    const auto pid = parse_i64(*word);
    if (!pid) return fail(Errc::invalid, "not a list of pids", place("cgroup.procs"));
    pids.push_back(static_cast<pid_t>(*pid));
  }
  return pids;
}

Status CgroupHandle::add(pid_t pid) const { return write("cgroup.procs", std::to_string(pid)); }

Status CgroupHandle::remove() const {
  struct stat ours {
  }, named{};
  if (fstat(directory_.get(), &ours) != 0 || stat(path_.c_str(), &named) != 0) {
    return tl::unexpected(system_error(errno, path_));
  }
  if (ours.st_ino != named.st_ino || ours.st_dev != named.st_dev) {
    return fail(Errc::not_found, "the name belongs to another group now", path_);
  }
  if (rmdir(path_.c_str()) != 0) return tl::unexpected(system_error(errno, path_));
  return {};
}

Status CgroupHandle::freeze(Duration patience) const {
  const SystemClock clock;
  const TimePoint until = clock.now() + patience;
  if (auto written = write("cgroup.freeze", "1"); !written) return written;
  const UniqueFd events(openat(directory_.get(), "cgroup.events", O_RDONLY | O_CLOEXEC));
  for (;;) {
    const auto frozen = keyed("cgroup.events", "frozen");
    if (frozen && *frozen == 1) return {};
    if (!frozen || clock.now() >= until) {
      (void)thaw();
      if (!frozen) return tl::unexpected(frozen.error());
      return fail(Errc::timed_out, "not all of its processes could be stopped", path_);
    }
    // A change of cgroup.events raises POLLPRI; the time-out covers file systems that do not.
    pollfd watch{events.get(), POLLPRI, 0};
    poll(&watch, 1, 5);
  }
}

Status CgroupHandle::thaw() const { return write("cgroup.freeze", "0"); }

Result<Bytes> CgroupHandle::reclaim(Bytes amount, bool file_only, Duration budget) const {
  const SystemClock clock;
  const TimePoint until = clock.now() + budget;
  bool swappiness = file_only;
  Bytes done;
  while (done < amount && clock.now() < until) {
    const Bytes piece = std::min(kPiece, amount - done);
    std::string request = std::to_string(piece.count);
    if (swappiness) request += " swappiness=0";
    const Status asked = write("memory.reclaim", request);
    if (asked) {
      done += piece;
    } else if (asked.error().code == Errc::unavailable) {
      break;  // EAGAIN: less than that was left to reclaim
    } else if (swappiness && asked.error().code == Errc::invalid) {
      swappiness = false;
      const auto inactive = keyed("memory.stat", "inactive_file");
      const auto active = keyed("memory.stat", "active_file");
      if (!inactive) return tl::unexpected(inactive.error());
      if (!active) return tl::unexpected(active.error());
      amount = std::min(amount, Bytes{static_cast<std::int64_t>(*inactive + *active)});
    } else {
      return tl::unexpected(asked.error());
    }
  }
  return done;
}

}  // namespace spillway
