#pragma once

// GCC 12 needs <utility> before Boost 1.74's awaitable.hpp.
#include <utility>
//
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

namespace spillway::gateway {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = net::ip::tcp;
using ErrorCode = boost::system::error_code;

/// co_await operation(..., into(error)): errors are values.
inline auto into(ErrorCode& error) { return net::redirect_error(net::use_awaitable, error); }

}  // namespace spillway::gateway
