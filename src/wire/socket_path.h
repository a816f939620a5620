#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace spillway {

/// Where the control socket is: --socket, else SPILLWAY_SOCKET, else as the daemon's configuration
/// says, else by mode. Pure: the environment
/// is handed in.
struct SocketPlace {
  std::function<const char*(const char*)> environment;  // as getenv(3); null when unset
  uid_t uid = 0;
};
/// That of this process.
SocketPlace socket_place();

inline constexpr std::string_view kSystemSocket = "/run/spillway/control.sock";

/// "$XDG_RUNTIME_DIR/spillway/control.sock", else below /run/user/UID. A relative XDG_RUNTIME_DIR
/// is ignored, as its specification says.
std::string user_socket(const SocketPlace& place);

/// Where a daemon listens.
std::string daemon_socket(const SocketPlace& place, std::string_view option,
                          std::string_view configured, bool user_mode);

/// Where a client looks, in this order; one entry when the person named one.
std::vector<std::string> client_sockets(const SocketPlace& place, std::string_view option);

/// Makes the socket's folder where it is missing (0755 for the system's, 0700 in user mode).
/// Errors: the folder cannot be made, or the path is longer than a socket address holds (107).
Status prepare_socket_folder(const std::string& path, bool user_mode);

}  // namespace spillway
