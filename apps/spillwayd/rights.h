#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "wire/unix_socket.h"

namespace spillway {

/// Who may do what, decided by what the kernel says of the peer: everybody reads and registers their
/// own; root, the user the daemon runs as, and members of a group (`spillway`) may touch others'.
class Rights {
 public:
  Rights(uid_t daemon, std::string group, std::optional<gid_t> operators)
      : daemon_(daemon), group_(std::move(group)), operators_(operators) {}
  /// Of this process. The group is looked up in /etc/group itself: the name service switch would
  /// load libraries into a daemon that is to stay small.
  static Rights of_this_process(std::string_view group, const std::string& file = "/etc/group");

  bool operates(const Peer& peer) const;
  /// Ok when the peer owns it or operates; else Errc::denied with the group and the command that
  /// helps. `what` is what was tried, as "offload stt".
  Status require(const Peer& peer, uid_t owner, const std::string& what) const;
  /// Ok when the peer operates.
  Status require_operator(const Peer& peer, const std::string& what) const;

 private:
  uid_t daemon_;
  std::string group_;
  std::optional<gid_t> operators_;  // its id; none: there is no such group here
};

}  // namespace spillway
