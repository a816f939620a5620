#pragma once

#include <functional>
#include <string_view>

#include "client.h"
#include "settings.h"

namespace spillway::gateway {

/// How an exchange with an upstream ended.
struct Relayed {
  bool client_is_there = true;  // else nothing more can be said on its connection
  bool began = false;           // the client got a status line
  unsigned status = 0;
  std::uint64_t bytes = 0;  // of the body
  std::string failure;      // empty: the answer was passed on whole
};

/// Is handed every piece of an answer's body after it was sent on.
using Watcher = std::function<void(std::string_view piece)>;

/// Sends `request` to `to` and passes the answer on as it comes: nothing waits for more. When the client goes,
/// the upstream's connection is closed at once, which frees its slot. An answer that breaks off ends
/// the client's connection, too, after an error event where the answer was a stream of events, so
/// that nobody takes half of it for the whole.
net::awaitable<Relayed> relay(Client& client, const Request& request, const Endpoint& to,
                              const Limits& limits, const http::fields& extra, const Watcher& seen);

}  // namespace spillway::gateway
