#pragma once

#include "net.h"

namespace spillway::gateway {

/// The headers that go on to the other side: all but those that concern one connection only (RFC 9110,
/// section 7.6.1: Connection and what it names, Keep-Alive, Proxy-Connection, TE, Trailer, Transfer-Encoding,
/// Upgrade), and Expect, which is answered here. Those that say how long the body is go, too: whoever
/// sends it says so again.
http::fields forwarded(const http::fields& headers);

}  // namespace spillway::gateway
