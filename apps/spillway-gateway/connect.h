#pragma once

#include "net.h"
#include "settings.h"

namespace spillway::gateway {

/// Within the time that the stream was given.
net::awaitable<ErrorCode> connect(beast::tcp_stream& stream, const Endpoint& to);

}  // namespace spillway::gateway
