#include "relay.h"

#include <fmt/format.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <limits>
#include <memory>

#include "connect.h"
#include "headers.h"

namespace spillway::gateway {
namespace {

constexpr std::size_t kPiece = 32 << 10;

/// Closes the upstream's connection when the client has gone.
class Vigil : public std::enable_shared_from_this<Vigil> {
 public:
  Vigil(tcp::socket& client, beast::tcp_stream& upstream) : client_(client), upstream_(upstream) {}

  void begin() {
    client_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](ErrorCode error) {
      if (!self->over_ && !error) self->look();
    });
  }
  void end() {
    over_ = true;
    ErrorCode ignored;
    client_.cancel(ignored);
  }
  bool client_gone() const { return client_gone_; }

 private:
  void look() {
    std::array<char, 1> next;
    ErrorCode error;
    client_.non_blocking(true, error);
    client_.receive(net::buffer(next), tcp::socket::message_peek, error);
    if (!error || error == net::error::would_block) return;  // its next request is there already
    client_gone_ = true;
    upstream_.close();
  }

  tcp::socket& client_;  // both until end()
  beast::tcp_stream& upstream_;
  bool over_ = false, client_gone_ = false;
};

class Relay {
 public:
  Relay(Client& client, const Limits& limits, const Watcher& seen,
        tcp::socket::executor_type executor)
      : client_(client), limits_(limits), seen_(seen), upstream_(std::move(executor)) {}

  net::awaitable<Relayed> run(const Request& request, const Endpoint& to,
                              const http::fields& extra) {
    auto vigil = std::make_shared<Vigil>(client_.stream().socket(), upstream_);
    if (!client_.has_more()) vigil->begin();
    co_await exchange(request, to, extra);
    vigil->end();
    if (vigil->client_gone()) {
      out_.client_is_there = false;
      out_.failure = "the client went away";
    }
    upstream_.close();
    co_return std::move(out_);
  }

 private:
  net::awaitable<void> exchange(const Request& request, const Endpoint& to,
                                const http::fields& extra) {
    upstream_.expires_after(limits_.connect_time);
    if (const ErrorCode error = co_await connect(upstream_, to); error) {
      co_return fail("it cannot be reached", error);
    }
    if (!co_await send(request, to)) co_return;
    std::optional<http::response_parser<http::buffer_body>> answer;
    do {  // 100 Continue and the like are not the answer
      answer.emplace();
      answer->header_limit(static_cast<std::uint32_t>(limits_.header_bytes));
      answer->body_limit(std::numeric_limits<std::uint64_t>::max());
      answer->skip(client_.is_head());
      upstream_.expires_after(limits_.answer_time);
      ErrorCode error;
      co_await http::async_read_header(upstream_, buffer_, *answer, into(error));
      if (error) co_return fail("it gave no answer", error);
    } while (answer->get().result_int() < 200);
    co_await pass_on(*answer, extra);
  }

  net::awaitable<bool> send(const Request& request, const Endpoint& to) {
    http::request<http::span_body<const char>> sent(request.method(), request.target(), 11);
    sent.base().method_string(request.method_string());
    for (const auto& header : forwarded(request.base())) {
      sent.insert(header.name(), header.name_string(), header.value());
    }
    sent.set(http::field::host, fmt::format("{}:{}", to.host, to.port));
    sent.set(http::field::connection, "close");
    sent.body() = {request.body().data(), request.body().size()};
    const bool has_body = !request.body().empty() || request.method() == http::verb::post ||
                          request.method() == http::verb::put;
    if (has_body) sent.content_length(request.body().size());
    ErrorCode error;
    upstream_.expires_after(limits_.write_time);
    co_await http::async_write(upstream_, sent, into(error));
    // An answer may have come all the same: "too large", before all of it was read.
    if (error && error != net::error::broken_pipe && error != net::error::connection_reset) {
      fail("the request could not be sent", error);
      co_return false;
    }
    co_return true;
  }

  net::awaitable<void> pass_on(http::response_parser<http::buffer_body>& answer,
                               const http::fields& extra) {
    http::response<http::buffer_body> sent(answer.get().result(), client_.version());
    sent.result(answer.get().result_int());
    sent.reason(answer.get().reason());
    for (const auto& header : forwarded(answer.get().base())) {
      sent.insert(header.name(), header.name_string(), header.value());
    }
    for (const auto& header : extra) sent.set(header.name_string(), header.value());
    is_events_ = answer.get()[http::field::content_type].starts_with("text/event-stream");
    frame(answer, sent);
    out_.status = sent.result_int();

    http::response_serializer<http::buffer_body> serializer(sent);
    std::array<char, kPiece> piece;
    sent.body().data = nullptr;
    sent.body().more = !answer.is_done();
    ErrorCode error;
    client_.stream().expires_after(limits_.write_time);
    co_await http::async_write_header(client_.stream(), serializer, into(error));
    if (error) co_return client_left();
    out_.began = true;
    while (!answer.is_done()) {
      answer.get().body().data = piece.data();
      answer.get().body().size = piece.size();
      upstream_.expires_after(limits_.answer_time);
      co_await http::async_read_some(upstream_, buffer_, answer, into(error));
      if (error == http::error::need_buffer) error = {};
      const std::size_t got = piece.size() - answer.get().body().size;
      if (got > 0 && !co_await write(serializer, sent, {piece.data(), got}, true)) co_return;
      if (error) co_return co_await broke_off(serializer, sent, error);
    }
    co_await write(serializer, sent, {}, false);
  }

  /// How the client is told where the answer ends: as the upstream told, else by chunks, and
  /// an older client by the end of the connection.
  void frame(const http::response_parser<http::buffer_body>& answer,
             http::response<http::buffer_body>& sent) {
    const auto length = answer.content_length();
    if (length) {
      sent.content_length(*length);
    } else if (answer.is_done() || client_.is_head()) {
      // No body, and none was promised.
    } else if (client_.version() >= 11) {
      sent.chunked(true);
    } else {
      client_.end_after_this();
    }
    sent.keep_alive(client_.keep_alive());
  }

  net::awaitable<bool> write(http::response_serializer<http::buffer_body>& serializer,
                             http::response<http::buffer_body>& sent, std::string_view piece,
                             bool more) {
    sent.body().data = piece.empty() ? nullptr : const_cast<char*>(piece.data());
    sent.body().size = piece.size();
    sent.body().more = more;
    if (serializer.is_done()) co_return true;
    ErrorCode error;
    client_.stream().expires_after(limits_.write_time);
    co_await http::async_write(client_.stream(), serializer, into(error));
    if (error && error != http::error::need_buffer) {
      client_left();
      co_return false;
    }
    out_.bytes += piece.size();
    if (seen_ && !piece.empty()) seen_(piece);
    co_return true;
  }

  net::awaitable<void> broke_off(http::response_serializer<http::buffer_body>& serializer,
                                 http::response<http::buffer_body>& sent, ErrorCode error) {
    fail("its answer broke off", error);
    client_.end_after_this();
    if (!is_events_) co_return;
    const std::string event =
        "data: " +
        refusal(502, "the server's answer broke off: " + error.message(), "upstream_unavailable")
            .body +
        "\n\n";
    co_await write(serializer, sent, event, true);
  }

  void fail(const char* what, ErrorCode error) {
    if (out_.failure.empty()) out_.failure = fmt::format("{}: {}", what, error.message());
  }
  void client_left() {
    out_.client_is_there = false;
    out_.failure = "the client went away";
  }

  Client& client_;
  const Limits& limits_;
  const Watcher& seen_;
  beast::tcp_stream upstream_;
  beast::flat_buffer buffer_{256 << 10};
  bool is_events_ = false;
  Relayed out_;
};

}  // namespace

net::awaitable<Relayed> relay(Client& client, const Request& request, const Endpoint& to,
                              const Limits& limits, const http::fields& extra,
                              const Watcher& seen) {
  Relay one(client, limits, seen, client.stream().get_executor());
  co_return co_await one.run(request, to, extra);
}

}  // namespace spillway::gateway
