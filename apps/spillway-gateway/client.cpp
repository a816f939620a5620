#include "client.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace spillway::gateway {
namespace {

using boost::asio::error::operation_aborted;

struct Reply {
  http::error error;
  unsigned status;
  const char* message;
};
constexpr std::array kReplies{
    Reply{http::error::header_limit, 431, "the request's headers are too large"},
    Reply{http::error::body_limit, 413, "the request's body is too large"},
    Reply{http::error::bad_version, 505, "HTTP/1.0 and HTTP/1.1 are spoken here"},
};

}  // namespace

Client::Client(tcp::socket socket, const Limits& limits)
    : stream_(std::move(socket)), limits_(limits), buffer_(limits.header_bytes + (16 << 10)) {
  ErrorCode ignored;
  stream_.socket().set_option(tcp::no_delay(true), ignored);
}

net::awaitable<std::optional<Request>> Client::next() {
  http::request_parser<http::string_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(limits_.header_bytes));
  parser.body_limit(limits_.body_bytes);
  ErrorCode error;
  if (!std::exchange(first_, false) && buffer_.size() == 0) {
    // The next request may take its time to begin, but not to come.
    stream_.expires_after(limits_.idle_time);
    buffer_.commit(co_await stream_.async_read_some(buffer_.prepare(1024), into(error)));
    if (error) co_return co_await refuse(error);
  }
  stream_.expires_after(limits_.header_time);
  co_await http::async_read_header(stream_, buffer_, parser, into(error));
  if (error) co_return co_await refuse(error);
  version_ = parser.get().version();
  is_head_ = parser.get().method() == http::verb::head;
  const auto count = std::distance(parser.get().begin(), parser.get().end());
  if (static_cast<std::size_t>(count) > limits_.header_count) {
    co_return co_await refuse(http::error::header_limit);
  }
  stream_.expires_after(limits_.body_time);
  if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
    http::response<http::empty_body> go_on(http::status::continue_, version_);
    co_await http::async_write(stream_, go_on, into(error));
  }
  if (!error) co_await http::async_read(stream_, buffer_, parser, into(error));
  if (error) co_return co_await refuse(error);
  keep_alive_ = parser.get().keep_alive();
  co_return parser.release();
}

net::awaitable<std::optional<Request>> Client::refuse(ErrorCode error) {
  keep_alive_ = false;
  if (error == http::error::end_of_stream || error == operation_aborted) co_return std::nullopt;
  if (error == beast::error::timeout) {
    // The stream is closed already: nobody who is that slow would read an answer.
    co_return std::nullopt;
  }
  if (error.category() != http::make_error_code(http::error::body_limit).category()) {
    co_return std::nullopt;  // the connection broke
  }
  const auto found = std::find_if(kReplies.begin(), kReplies.end(),
                                  [&](const Reply& reply) { return error == reply.error; });
  const Refusal told = found != kReplies.end()
                           ? refusal(found->status, found->message)
                           : refusal(400, "no valid HTTP request: " + error.message());
  co_await answer(told);
  // What is still on its way would have the kernel reset the connection before the answer is read.
  ErrorCode ignored;
  stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
  stream_.expires_after(1s);
  std::array<char, 16 << 10> rest;
  while (!ignored) co_await stream_.async_read_some(net::buffer(rest), into(ignored));
  co_return std::nullopt;
}

net::awaitable<bool> Client::answer(const Refusal& told) {
  http::response<http::string_body> response(static_cast<http::status>(told.status), version_);
  response.set(http::field::content_type, "application/json");
  if (told.retry_after_seconds > 0) {
    response.set(http::field::retry_after, std::to_string(told.retry_after_seconds));
  }
  response.body() = told.body;
  response.prepare_payload();
  response.keep_alive(keep_alive_);
  if (is_head_) response.body().clear();
  ErrorCode error;
  stream_.expires_after(limits_.write_time);
  co_await http::async_write(stream_, response, into(error));
  co_return !error;
}

}  // namespace spillway::gateway
