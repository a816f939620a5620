#include "demo/memory_limit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/fd.h"
#include "base/text.h"

namespace spillway {
namespace {

constexpr const char* kHint =
    "run it as root (sudo ./dev demo), or under a login session that delegates a cgroup";

Result<std::string> read_small(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 4096> text;
  const ssize_t n = fd ? ::read(fd.get(), text.data(), text.size()) : -1;
  if (n < 0) return tl::unexpected(system_error(errno, path));
  return std::string(text.data(), static_cast<std::size_t>(n));
}

Status write_small(const std::string& path, const std::string& text) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd || ::write(fd.get(), text.data(), text.size()) < 0) {
    return tl::unexpected(system_error(errno, path));
  }
  return {};
}

/// "oom_kill 3" in a flat keyed file.
std::optional<std::uint64_t> keyed(const std::string& path, std::string_view key) {
  const auto text = read_small(path);
  if (!text) return std::nullopt;
  std::string_view rest = *text;
  while (const auto line = next_token(rest, '\n')) {
    std::string_view words = *line;
    const auto name = next_word(words);
    if (name == key) return parse_u64(trimmed(words));
  }
  return std::nullopt;
}

}  // namespace

Result<MemoryLimit> MemoryLimit::make(Bytes limit) {
  // With systemd's unified layout first, then the hybrid one's v1 controller.
  auto v2 = make_in("/sys/fs/cgroup", true, limit);
  if (v2) return v2;
  auto v1 = make_in("/sys/fs/cgroup/memory", false, limit);
  if (v1) return v1;
  return fail(Errc::unsupported,
              "no memory cgroup can be made: v2: " + to_string(v2.error()) +
                  "; v1: " + to_string(v1.error()),
              {}, kHint);
}

Result<MemoryLimit> MemoryLimit::make_in(const std::string& mount, bool v2, Bytes limit) {
  if (v2) {
    const auto controllers = read_small(mount + "/cgroup.controllers");
    if (!controllers) return tl::unexpected(controllers.error());
    if ((" " + *controllers).find(" memory") == std::string::npos) {
      return fail(Errc::unsupported, "no memory controller", mount);
    }
    // Already on wherever systemd runs; elsewhere the root may be asked.
    (void)write_small(mount + "/cgroup.subtree_control", "+memory");
  }
  MemoryLimit made;
  made.v2_ = v2;
  made.path_ = "/spillway-demo-" + std::to_string(::getpid());
  const std::string directory = mount + made.path_;
  if (::mkdir(directory.c_str(), 0755) != 0) {
    return tl::unexpected(system_error(errno, directory));
  }
  made.directory_ = directory;
  const auto set = write_small(directory + (v2 ? "/memory.max" : "/memory.limit_in_bytes"),
                               std::to_string(limit.count));
  if (!set) return tl::unexpected(set.error());
  // Kernels without swap accounting lack these files, and then there is nothing to shut off.
  (void)write_small(directory + (v2 ? "/memory.swap.max" : "/memory.memsw.limit_in_bytes"),
                    v2 ? "0" : std::to_string(limit.count));
  return made;
}

MemoryLimit& MemoryLimit::operator=(MemoryLimit&& other) noexcept {
  std::swap(directory_, other.directory_);
  std::swap(path_, other.path_);
  std::swap(v2_, other.v2_);
  return *this;
}

MemoryLimit::~MemoryLimit() {
  // A group stays busy for a moment after its last process has been reaped.
  for (int i = 0; !directory_.empty() && ::rmdir(directory_.c_str()) != 0 && i < 50; ++i) {
    ::usleep(20'000);
  }
}

std::optional<Bytes> MemoryLimit::used() const {
  const auto text = read_small(directory_ + (v2_ ? "/memory.current" : "/memory.usage_in_bytes"));
  const auto bytes = text ? parse_i64(trimmed(*text)) : std::nullopt;
  if (!bytes) return std::nullopt;
  std::uint64_t cache = 0;
  for (const char* key : {"inactive_file", "active_file"}) {
    cache += keyed(directory_ + "/memory.stat", key).value_or(0);
  }
  return Bytes{std::max<std::int64_t>(0, *bytes - static_cast<std::int64_t>(cache))};
}

std::uint64_t MemoryLimit::oom_kills() const {
  return keyed(directory_ + (v2_ ? "/memory.events" : "/memory.oom_control"), "oom_kill")
      .value_or(0);
}

}  // namespace spillway
