#include "connect.h"

#include <string>

namespace spillway::gateway {

net::awaitable<ErrorCode> connect(beast::tcp_stream& stream, const Endpoint& to) {
  ErrorCode error;
  const auto address = net::ip::make_address(to.host, error);
  if (!error) {
    co_await stream.async_connect(tcp::endpoint(address, to.port), into(error));
  } else {
    tcp::resolver resolver(stream.get_executor());
    const auto found =
        co_await resolver.async_resolve(to.host, std::to_string(to.port), into(error));
    if (!error) co_await stream.async_connect(found, into(error));
  }
  ErrorCode ignored;
  if (!error) stream.socket().set_option(tcp::no_delay(true), ignored);
  co_return error;
}

}  // namespace spillway::gateway
