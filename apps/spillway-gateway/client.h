#pragma once

#include <optional>

#include "net.h"
#include "refusal.h"
#include "settings.h"

namespace spillway::gateway {

using Request = http::request<http::string_body>;

/// One client's connection. One thread.
class Client {
 public:
  Client(tcp::socket socket, const Limits& limits);

  /// The next request, whole; nothing when the connection is over: closed by the client, or after
  /// a request that was refused (too large, too slow, no HTTP), with the refusal sent.
  net::awaitable<std::optional<Request>> next();
  /// False when the client has gone.
  net::awaitable<bool> answer(const Refusal& told);

  beast::tcp_stream& stream() { return stream_; }
  /// Whether the connection goes on after the answer to the latest request.
  bool keep_alive() const { return keep_alive_; }
  void end_after_this() { keep_alive_ = false; }
  unsigned version() const { return version_; }  // 11 or 10, of the latest request
  bool is_head() const { return is_head_; }
  /// Bytes of a next request are here already.
  bool has_more() const { return buffer_.size() > 0; }

 private:
  net::awaitable<std::optional<Request>> refuse(ErrorCode error);

  beast::tcp_stream stream_;
  const Limits& limits_;
  beast::flat_buffer buffer_;
  bool first_ = true, keep_alive_ = true, is_head_ = false;
  unsigned version_ = 11;
};

}  // namespace spillway::gateway
