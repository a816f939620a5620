#include "wire/unix_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "base/clock.h"

namespace spillway {
namespace {

std::optional<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.sun_path)) return std::nullopt;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

// The one cast that sockets cannot do without.
const sockaddr* generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

UniqueFd new_socket() {
  return UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

Error too_long(const std::string& path) {
  return {Errc::invalid, "not a usable socket path: empty or longer than 107 characters", path, {}};
}

/// Removes what a killed daemon left; refuses if it is not ours to remove.
Status clear_stale(const std::string& path, const sockaddr_un& address) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) {
    if (errno == ENOENT) return {};
    return tl::unexpected(system_error(errno, path));
  }
  if (!S_ISSOCK(found.st_mode)) {
    return fail(Errc::refused, "there is something that is not a socket", path,
                "remove it, or choose another place with --socket");
  }
  const UniqueFd probe = new_socket();
  if (::connect(probe.get(), generic(address), sizeof(address)) == 0 || errno != ECONNREFUSED) {
    return fail(Errc::refused, "another daemon is listening", path,
                "stop it first, or choose another place with --socket");
  }
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    return tl::unexpected(system_error(errno, path));
  }
  return {};
}

}  // namespace

bool Peer::in_group(gid_t group) const {
  return gid == group || std::find(groups.begin(), groups.end(), group) != groups.end();
}

Result<Peer> peer_of(int fd) {
  ucred credentials{};
  socklen_t size = sizeof(credentials);
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    return tl::unexpected(system_error(errno, "SO_PEERCRED"));
  }
  Peer peer{credentials.uid, credentials.gid, credentials.pid, {}};
  // Since Linux 4.13. The kernel answers how much room it needs; without the groups the peer simply
  // has fewer rights.
  size = 0;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, nullptr, &size) != 0 && errno == ERANGE) {
    peer.groups.resize(size / sizeof(gid_t));
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, peer.groups.data(), &size) != 0) size = 0;
    peer.groups.resize(size / sizeof(gid_t));
  }
  return peer;
}

Result<UniqueFd> listen_unix(const std::string& path) {
  const auto address = address_of(path);
  if (!address) return tl::unexpected(too_long(path));
  if (auto cleared = clear_stale(path, *address); !cleared) {
    return tl::unexpected(cleared.error());
  }
  UniqueFd fd = new_socket();
  if (!fd) return tl::unexpected(system_error(errno, "socket"));
  if (::bind(fd.get(), generic(*address), sizeof(*address)) != 0 ||
      ::chmod(path.c_str(), 0666) != 0 || ::listen(fd.get(), 128) != 0) {
    return tl::unexpected(system_error(errno, path));
  }
  return fd;
}

Result<UniqueFd> connect_unix(const std::string& path, Duration timeout) {
  const auto address = address_of(path);
  if (!address) return tl::unexpected(too_long(path));
  const SystemClock clock;
  const TimePoint deadline = clock.now() + timeout;
  while (true) {
    UniqueFd fd = new_socket();
    if (!fd) return tl::unexpected(system_error(errno, "socket"));
    if (::connect(fd.get(), generic(*address), sizeof(*address)) == 0) return fd;
    if (errno != EAGAIN && errno != EINTR) return tl::unexpected(system_error(errno, path));
    // A full backlog gives EAGAIN and no way to wait for room but to ask again.
    if (clock.now() >= deadline) {
      return fail(Errc::timed_out, "the daemon does not accept connections", path);
    }
    constexpr timespec kPause{0, 5'000'000};
    ::nanosleep(&kPause, nullptr);
  }
}

bool wait_for(int fd, short events, Duration timeout) {
  const SystemClock clock;
  const TimePoint deadline = clock.now() + timeout;
  while (true) {
    const Duration left = std::max(deadline - clock.now(), Duration::zero());
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(left);
    const timespec ts{whole.count(), (left - whole).count()};
    pollfd entry{fd, events, 0};
    const int ready = ::ppoll(&entry, 1, &ts, nullptr);
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

}  // namespace spillway
