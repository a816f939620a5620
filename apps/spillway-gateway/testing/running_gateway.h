#pragma once

#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "gateway.h"
#include "tests/support/child.h"

namespace spillway::gateway {

/// A gateway on a port of its own, with its thread.
class RunningGateway {
 public:
  explicit RunningGateway(std::vector<Upstream> upstreams, GuardSettings guard = {},
                          Limits limits = {}) {
    auto opened = Gateway::open(context_, {{"127.0.0.1", 0}, std::move(upstreams), limits},
                                std::move(guard), [this](const Generation& one) {
                                  const std::lock_guard lock(mutex_);
                                  log_.push_back(one);
                                });
    gateway_ = std::move(opened.value());
    port_ = gateway_->address().port;
    thread_ = std::thread([this] { context_.run(); });
  }
  ~RunningGateway() {
    context_.stop();
    thread_.join();
  }

  std::uint16_t port() const { return port_; }
  /// Waits until there are so many: an answer may be here before it is logged.
  std::vector<Generation> log(std::size_t at_least) const {
    support::eventually([&] { return log().size() >= at_least; });
    return log();
  }
  std::vector<Generation> log() const {
    const std::lock_guard lock(mutex_);
    return log_;
  }

 private:
  net::io_context context_;
  mutable std::mutex mutex_;
  std::vector<Generation> log_;
  std::unique_ptr<Gateway> gateway_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

/// A connection as any program makes one. What is read is read until the peer ends it or a second passes.
class Peer {
 public:
  explicit Peer(std::uint16_t port) : socket_(context_) {
    socket_.connect(tcp::endpoint(net::ip::make_address("127.0.0.1"), port));
    const timeval patience{.tv_sec = 5, .tv_usec = 0};
    ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  void send(std::string_view text) {
    ErrorCode ignored;
    net::write(socket_, net::buffer(text.data(), text.size()), ignored);
  }
  /// Up to and with `end`; all there is where that does not come.
  std::string read_to(std::string_view end) {
    std::array<char, 4096> piece;
    while (text_.find(end) == text_.npos) {
      const ssize_t got = ::recv(socket_.native_handle(), piece.data(), piece.size(), 0);
      if (got <= 0) return std::exchange(text_, {});
      text_.append(piece.data(), static_cast<std::size_t>(got));
    }
    const std::size_t size = text_.find(end) + end.size();
    std::string taken = text_.substr(0, size);
    text_.erase(0, size);
    return taken;
  }
  std::string read_all() { return read_to(std::string_view("\0\0\0never", 8)); }
  void close() { socket_.close(); }

  /// One request on a connection of its own, and the whole answer.
  static http::response<http::string_body> ask(std::uint16_t port, http::verb verb,
                                               const std::string& target,
                                               const std::string& body = {},
                                               const http::fields& headers = {}) {
    Peer peer(port);
    http::request<http::string_body> request(verb, target, 11);
    for (const auto& header : headers) request.insert(header.name_string(), header.value());
    request.set(http::field::host, "gateway");
    request.body() = body;
    request.prepare_payload();
    http::write(peer.socket_, request);
    beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.body_limit(std::uint64_t{1} << 30);
    ErrorCode error;
    http::read(peer.socket_, buffer, parser, error);
    return parser.release();
  }
  static http::response<http::string_body> chat(std::uint16_t port, const std::string& body,
                                                const http::fields& headers = {}) {
    return ask(port, http::verb::post, "/v1/chat/completions", body, headers);
  }

 private:
  net::io_context context_;
  tcp::socket socket_;
  std::string text_;
};

}  // namespace spillway::gateway
