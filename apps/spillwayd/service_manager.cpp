#include "service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "base/text.h"

namespace spillway {

ServiceManager::ServiceManager(const char* socket, const char* watchdog_usec,
                               const char* watchdog_pid) {
  if (socket == nullptr || (socket[0] != '/' && socket[0] != '@')) return;
  address_ = socket;
  if (address_.size() >= sizeof(sockaddr_un::sun_path)) {
    address_.clear();
    return;
  }
  if (address_[0] == '@') address_[0] = '\0';  // the abstract namespace, unix(7)
  socket_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (watchdog_usec == nullptr) return;
  const bool meant = watchdog_pid == nullptr || watchdog_pid == std::to_string(::getpid());
  const auto usec = parse_u64(watchdog_usec);
  if (meant && usec && *usec > 0 && *usec < 86'400'000'000) {
    patience_ = std::chrono::microseconds(*usec / 2);
  }
}

ServiceManager ServiceManager::from_environment() {
  return {std::getenv("NOTIFY_SOCKET"), std::getenv("WATCHDOG_USEC"), std::getenv("WATCHDOG_PID")};
}

void ServiceManager::ready(std::string_view text) { send("READY=1\nSTATUS=" + std::string(text)); }

void ServiceManager::reloading(TimePoint now, std::string_view text) {
  const auto usec =
      std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
  send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(usec) + "\nSTATUS=" + std::string(text));
}

void ServiceManager::status(std::string_view text) { send("STATUS=" + std::string(text)); }

void ServiceManager::stopping() { send("STOPPING=1"); }

void ServiceManager::alive(TimePoint now) {
  if (!patience_ || now - told_ < *patience_) return;
  told_ = now;
  send("WATCHDOG=1");
}

void ServiceManager::send(const std::string& message) const {
  if (address_.empty() || !socket_) return;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  (void)::sendto(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&to), size);
}

}  // namespace spillway
