#include "wire/socket_path.h"

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace spillway {
namespace {

constexpr std::string_view kBelowRuntime = "/spillway/control.sock";

std::string named(const SocketPlace& place, std::string_view option) {
  if (!option.empty()) return std::string(option);
  const char* variable = place.environment("SPILLWAY_SOCKET");
  return variable == nullptr ? std::string() : std::string(variable);
}

}  // namespace

SocketPlace socket_place() {
  return {[](const char* key) -> const char* { return std::getenv(key); }, ::getuid()};
}

std::string user_socket(const SocketPlace& place) {
  const char* runtime = place.environment("XDG_RUNTIME_DIR");
  std::string folder = runtime != nullptr && runtime[0] == '/'
                           ? std::string(runtime)
                           : "/run/user/" + std::to_string(place.uid);
  return folder.append(kBelowRuntime);
}

std::string daemon_socket(const SocketPlace& place, std::string_view option,
                          std::string_view configured, bool user_mode) {
  std::string path = named(place, option);
  if (path.empty()) path = configured;
  if (path.empty()) path = user_mode ? user_socket(place) : std::string(kSystemSocket);
  return path;
}

std::vector<std::string> client_sockets(const SocketPlace& place, std::string_view option) {
  std::string path = named(place, option);
  if (!path.empty()) return {std::move(path)};
  return {user_socket(place), std::string(kSystemSocket)};
}

Status prepare_socket_folder(const std::string& path, bool user_mode) {
  if (path.size() >= sizeof(sockaddr_un::sun_path)) {
    return fail(Errc::invalid, "the path is too long for a socket", path,
                "107 characters are the most; choose a shorter one with --socket");
  }
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos || slash == 0) return {};
  const std::string folder = path.substr(0, slash);
  if (::mkdir(folder.c_str(), user_mode ? 0700 : 0755) == 0 || errno == EEXIST) return {};
  Error error = system_error(errno, folder);
  error.hint = user_mode ? "set XDG_RUNTIME_DIR, or choose a place with --socket"
                         : "start as root, or use --user or --socket";
  return tl::unexpected(std::move(error));
}

}  // namespace spillway
