#include "headers.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace spillway::gateway {
namespace {

constexpr std::array kOfOneConnection{
    http::field::connection, http::field::keep_alive, http::field::proxy_connection,
    http::field::te,         http::field::trailer,    http::field::transfer_encoding,
    http::field::upgrade,    http::field::expect,     http::field::content_length,
};

/// What "Connection: close, X-Mine" names.
bool is_named(const http::fields& headers, beast::string_view name) {
  const auto [first, last] = headers.equal_range(http::field::connection);
  return std::any_of(first, last, [&](const auto& connection) {
    http::token_list words(connection.value());
    return words.exists(name);
  });
}

}  // namespace

http::fields forwarded(const http::fields& headers) {
  http::fields kept;
  for (const auto& header : headers) {
    const bool dropped = std::find(kOfOneConnection.begin(), kOfOneConnection.end(),
                                   header.name()) != kOfOneConnection.end();
    if (dropped || is_named(headers, header.name_string())) continue;
    kept.insert(header.name(), header.name_string(), header.value());
  }
  return kept;
}

}  // namespace spillway::gateway
