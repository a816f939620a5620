#include "ask.h"

#include <fmt/format.h>

#include "connect.h"

namespace spillway::gateway {
namespace {

constexpr std::uint64_t kLargest = std::uint64_t{64} << 20;

tl::unexpected<Error> failed(const Endpoint& at, const std::string& target, ErrorCode error) {
  const Errc code = error == beast::error::timeout ? Errc::timed_out : Errc::unavailable;
  return fail(code, error.message(), fmt::format("http://{}:{}{}", at.host, at.port, target));
}

}  // namespace

net::awaitable<Result<context::ServerAnswer>> ask(Endpoint at, std::string target, std::string body,
                                                  Duration within) {
  beast::tcp_stream stream(co_await net::this_coro::executor);
  stream.expires_after(within);
  ErrorCode error = co_await connect(stream, at);
  if (error) co_return failed(at, target, error);
  http::request<http::string_body> question(body.empty() ? http::verb::get : http::verb::post,
                                            target, 11);
  question.set(http::field::host, fmt::format("{}:{}", at.host, at.port));
  question.set(http::field::connection, "close");
  if (!body.empty()) question.set(http::field::content_type, "application/json");
  question.body() = std::move(body);
  question.prepare_payload();
  co_await http::async_write(stream, question, into(error));
  if (error) co_return failed(at, target, error);
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> answer;
  answer.body_limit(kLargest);
  co_await http::async_read(stream, buffer, answer, into(error));
  if (error) co_return failed(at, target, error);
  context::ServerAnswer reply{answer.get().result_int(), std::move(answer.get().body())};
  co_return reply;
}

}  // namespace spillway::gateway
