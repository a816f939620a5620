#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "context/server_tokens.h"

namespace spillway {

/// The address of a server that speaks plain HTTP: a name or number and a port.
struct HttpServer {
  std::string host, port,
      path;  // path: what comes before each request's own, without a slash at the end
};

/// Reads "http://127.0.0.1:8080", "http://[::1]:8080/v1". Errors: invalid; https is not spoken here.
Result<HttpServer> parse_http_server(std::string_view url);

/// Posts JSON, waits for the whole answer. HTTP/1.0, a connection each: a local server is asked for a number
/// now and then, for which the library of the distribution would bring TLS and its own C++ runtime.
/// Blocks up to `within`. Errors: unavailable (nobody there), timed_out, invalid (no HTTP, or more than
/// 256 MiB).
Result<context::ServerAnswer> http_post(const HttpServer& server, std::string_view path,
                                        std::string_view json, Duration within = 60s);

}  // namespace spillway
