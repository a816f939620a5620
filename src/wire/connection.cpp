#include "wire/connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace spillway {

bool Connection::receive() {
  std::array<char, 16 * 1024> chunk;
  for (int round = 0; round < 4 && !ended_ && !broken_; ++round) {
    const ssize_t got = ::recv(fd_.get(), chunk.data(), chunk.size(), 0);
    if (got > 0) {
      if (!in_.append({chunk.data(), static_cast<std::size_t>(got)})) return false;
      if (in_.ready()) return true;  // deal with it before taking more
    } else if (got == 0) {
      ended_ = true;
    } else if (errno == EAGAIN) {
      break;
    } else if (errno != EINTR) {
      broken_ = true;
    }
  }
  return true;
}

void Connection::flush() {
  while (unsent() > 0 && !deaf_) {
    const ssize_t put = ::send(fd_.get(), out_.data() + sent_, unsent(), MSG_NOSIGNAL);
    if (put > 0) {
      sent_ += static_cast<std::size_t>(put);
    } else if (errno == EAGAIN) {
      break;
    } else if (errno != EINTR) {
      deaf_ = true;
    }
  }
  if (unsent() == 0 || deaf_) {
    out_.clear();
    sent_ = 0;
    if (out_.capacity() > 4096) out_.shrink_to_fit();
  } else if (sent_ > kEnoughUnsent) {
    out_.erase(0, sent_);
    sent_ = 0;
  }
}

std::uint32_t Connection::wanted() const {
  std::uint32_t events = 0;
  if (!ended_ && unsent() < kEnoughUnsent) events |= EPOLLIN;
  if (unsent() > 0) events |= EPOLLOUT;
  return events;
}

}  // namespace spillway
