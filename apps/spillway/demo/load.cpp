#include "demo/load.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <utility>

namespace spillway {
namespace {

using std::chrono::steady_clock;

int connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return -1;
  std::memcpy(address.sun_path, path.c_str(), path.size());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  // A program that hangs is a lost answer after a while, not a hung demo.
  const timeval patience{20, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return fd;
  ::close(fd);
  return -1;
}

}  // namespace

Load::Load(std::string socket_path, Check check)
    : socket_path_(std::move(socket_path)), check_(std::move(check)), thread_([this] { run(); }) {}

Load::~Load() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
  if (fd_ >= 0) ::close(fd_);
}

Tally Load::tally() const {
  const std::lock_guard lock(mutex_);
  return tally_;
}

std::string Load::last_answer() const {
  const std::lock_guard lock(mutex_);
  return last_answer_;
}

void Load::run() {
  auto next = steady_clock::now();
  for (std::uint64_t request = 1; !stopping_;) {
    const Duration between{between_ns_};
    if (between == Duration::zero()) {
      std::this_thread::sleep_for(20ms);
      next = steady_clock::now();
      continue;
    }
    std::this_thread::sleep_until(next);
    next = std::max(next + between, steady_clock::now());
    const auto asked = steady_clock::now();
    if (!ask(request++)) {
      std::this_thread::sleep_for(100ms);
      continue;
    }
    const std::lock_guard lock(mutex_);
    tally_.longest = std::max(tally_.longest, Duration(steady_clock::now() - asked));
  }
}

bool Load::ask(std::uint64_t request) {
  if (fd_ < 0) fd_ = connect_to(socket_path_);
  const std::string line = "ask " + std::to_string(request) + "\n";
  bool alive = fd_ >= 0 && ::send(fd_, line.data(), line.size(), MSG_NOSIGNAL) > 0;
  std::size_t end = std::string::npos;
  while (alive && (end = pending_.find('\n')) == std::string::npos) {
    std::array<char, 256> chunk;
    const ssize_t n = ::recv(fd_, chunk.data(), chunk.size(), 0);
    alive = n > 0;
    if (alive) pending_.append(chunk.data(), static_cast<std::size_t>(n));
  }
  const std::lock_guard lock(mutex_);
  if (!alive) {
    ++tally_.lost;
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
    pending_.clear();
    return false;
  }
  last_answer_ = pending_.substr(0, end);
  pending_.erase(0, end + 1);
  ++tally_.answered;
  if (!check_(request, last_answer_)) ++tally_.wrong;
  return true;
}

}  // namespace spillway
