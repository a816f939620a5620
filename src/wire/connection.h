#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/fd.h"
#include "wire/control_server.h"
#include "wire/line_codec.h"

namespace spillway {

/// The server's side of one connection: bytes in, lines out, and back. Knows no protocol.
class Connection {
 public:
  Connection(ConnectionId connection, UniqueFd fd, Peer who, std::size_t longest_line)
      : id(connection), peer(std::move(who)), fd_(std::move(fd)), in_(longest_line) {}

  /// Takes what the socket has, up to a bound. False: the line has no end.
  bool receive();
  /// Writes what the socket takes. What a peer does not want to hear any more is discarded: what it
  /// said before it left still counts.
  void flush();
  void queue(std::string_view line) {
    if (!deaf_) out_.append(line);
  }

  bool ready() const { return in_.ready(); }
  std::optional<std::string_view> next_line() { return in_.next(); }
  std::size_t unsent() const { return out_.size() - sent_; }
  std::size_t held() const { return in_.size() + unsent(); }
  /// What epoll should tell: nothing more to read while answers pile up.
  std::uint32_t wanted() const;
  int fd() const { return fd_.get(); }
  bool ended() const { return ended_; }
  bool broken() const { return broken_; }
  bool deaf() const { return deaf_; }

  const ConnectionId id;
  const Peer peer;
  std::uint32_t watched = 0;  // what epoll was asked for
  std::size_t counted = 0;    // of held(): in the server's total
  std::size_t pending = 0;    // requests not answered yet
  bool hung_up = false;       // the peer closed both directions
  std::string closing;        // not empty: to be closed, and why

 private:
  UniqueFd fd_;
  LineBuffer in_;
  std::string out_;
  std::size_t sent_ = 0;
  bool ended_ = false;  // the peer will send no more
  bool deaf_ = false;   // the peer will read no more
  bool broken_ = false;
};

/// Answers waiting for a peer beyond which nothing more is read from it.
inline constexpr std::size_t kEnoughUnsent = 256 * 1024;

}  // namespace spillway
