#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "base/time.h"

namespace spillway {

/// Who is at the other end, as the kernel says (SO_PEERCRED and SO_PEERGROUPS, unix(7)): who it was
/// when it connected.
struct Peer {
  uid_t uid = 0;
  gid_t gid = 0;
  pid_t pid = 0;  // 0: a process outside this pid namespace
  std::vector<gid_t> groups;

  bool in_group(gid_t group) const;
};
Result<Peer> peer_of(int fd);

/// A non-blocking listener that any local user may connect to (mode 0666: rights are decided per
/// method, by the peer's uid). A socket left behind by a daemon that was killed is replaced;
/// Errc::refused when something answers on it, or when the path is something else than a socket.
Result<UniqueFd> listen_unix(const std::string& path);

/// A connected, non-blocking, close-on-exec stream. May block up to `timeout` when the listener is
/// busy. Errc::not_found: no socket there; Errc::unavailable: nobody listens; Errc::denied.
Result<UniqueFd> connect_unix(const std::string& path, Duration timeout);

/// Waits for poll(2) `events`; false when `timeout` passed first. Negative waits count as none.
bool wait_for(int fd, short events, Duration timeout);

}  // namespace spillway
