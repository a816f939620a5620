#include "line_server.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <thread>

namespace voice {
namespace {

[[noreturn]] void throw_errno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

bool send_all(int fd, const std::string& text) {
  for (std::size_t sent = 0; sent < text.size();) {
    const ssize_t n = ::send(fd, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) return false;
    sent += static_cast<std::size_t>(n);
  }
  return true;
}

void converse(int fd, const std::function<std::string(const std::string&)>& answer) {
  std::string pending;
  char chunk[4096];
  for (ssize_t n = 0; (n = ::recv(fd, chunk, sizeof chunk, 0)) > 0;) {
    pending.append(chunk, static_cast<std::size_t>(n));
    if (pending.size() > 64 * 1024) break;  // no line of ours is this long
    for (auto end = pending.find('\n'); end != std::string::npos; end = pending.find('\n')) {
      const std::string line = pending.substr(0, end);
      pending.erase(0, end + 1);
      if (!send_all(fd, answer(line) + "\n")) n = -1;
    }
    if (n < 0) break;
  }
  ::close(fd);
}

}  // namespace

StopSignals::StopSignals() {
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  fd_ = ::signalfd(-1, &stop, SFD_CLOEXEC);
  if (fd_ < 0) throw_errno("signalfd");
}

StopSignals::~StopSignals() { ::close(fd_); }

void serve_lines(const std::string& socket_path, const StopSignals& stop,
                 const std::function<void()>& listening,
                 const std::function<std::string(const std::string&)>& answer) {
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_path.size() >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    throw_errno(socket_path);
  }
  std::strcpy(address.sun_path, socket_path.c_str());
  ::unlink(socket_path.c_str());
  if (listener < 0 ||
      ::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener, 128) != 0) {
    throw_errno(socket_path);
  }
  listening();
  pollfd sources[2] = {{listener, POLLIN, 0}, {stop.fd(), POLLIN, 0}};
  while (::poll(sources, 2, -1) >= 0 || errno == EINTR) {
    if (sources[1].revents != 0) break;
    if (sources[0].revents == 0) continue;
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) std::thread(converse, fd, answer).detach();
  }
  ::close(listener);
  ::unlink(socket_path.c_str());
}

}  // namespace voice
